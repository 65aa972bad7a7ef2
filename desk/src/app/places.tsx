// The places beside the working screen, with their addresses: overview, alerts, quarantine, preferences.
import { useNavigate } from '@tanstack/react-router'
import { PreferencesPage } from '../features/session/components/preferences-page'
import { AlertsPage } from '../features/overview/components/alerts-page'
import { OverviewPage } from '../features/overview/components/overview-page'
import { QuarantinePage } from '../features/overview/components/quarantine-page'
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
export const AlertsPlace = () => <AlertsPage lead={<NavButton />} {...useOpen()} />
export const QuarantinePlace = () => <QuarantinePage lead={<NavButton />} />
export const PreferencesPlace = () => <PreferencesPage lead={<NavButton />} />
