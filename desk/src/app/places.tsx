// The places beside the working screen, with their addresses: overview, our posts, listening post, alerts, quarantine, preferences.
import { useNavigate } from '@tanstack/react-router'
import { AnnouncementsPage } from '../features/announcements/components/announcements-page'
import { ListeningPage } from '../features/listening/components/listening-page'
import { PreferencesPage } from '../features/session/components/preferences-page'
import { AlertsPage } from '../features/overview/components/alerts-page'
import { OverviewPage } from '../features/overview/components/overview-page'
import { QuarantinePage } from '../features/overview/components/quarantine-page'
import { useMaySupervise } from '../lib/api/session'
import { NavButton } from './nav-button'

function useOpen() {
  const navigate = useNavigate()
  return {
    openConversation: (conversationId: string) =>
      void navigate({ to: '/conversations/$conversationId', params: { conversationId }, search: { view: 'open' } }),
    openQueue: (teamId: string) => void navigate({ to: '/conversations', search: { view: `team:${teamId}` } }),
  }
}

export const OverviewPlace = () => <OverviewPage lead={<NavButton />} {...useOpen()} />
export const AnnouncementsPlace = () => <AnnouncementsPage lead={<NavButton />} />
export const ListeningPlace = () => <ListeningPage lead={<NavButton />} edits={useMaySupervise()} openConversation={useOpen().openConversation} />
export const AlertsPlace = () => <AlertsPage lead={<NavButton />} {...useOpen()} />
export const QuarantinePlace = () => <QuarantinePage lead={<NavButton />} />
export const PreferencesPlace = () => <PreferencesPage lead={<NavButton />} />
