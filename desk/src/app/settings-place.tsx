// The settings: one page per thing, a list of them beside it. Loaded in a piece of its own.
import '@mantine/core/styles/Pill.css'
import '@mantine/core/styles/PillsInput.css'
import '@mantine/core/styles/ColorInput.css'
import '@mantine/core/styles/ColorPicker.css'
import '@mantine/core/styles/ColorSwatch.css'
import '@mantine/core/styles/NumberInput.css'
import '@mantine/core/styles/ScrollArea.css'
import { Link, useParams } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { PageFrame } from '../components/page-frame'
import { BrandsPage } from '../features/settings/components/brands-page'
import { InboxesPage } from '../features/settings/components/inboxes-page'
import { PeoplePage } from '../features/settings/components/people-page'
import { TagsPage } from '../features/settings/components/tags-page'
import { TeamsPage } from '../features/settings/components/teams-page'
import { TokensPage } from '../features/settings/components/tokens-page'
import { ViewsPage } from '../features/settings/components/views-page'
import { useMayAdminister, useMaySupervise } from '../lib/api/session'
import { NavButton } from './nav-button'
import { SETTINGS, type SettingsId } from './settings-list'
import classes from './settings-place.module.css'

const PAGES: Record<SettingsId, () => React.JSX.Element> = {
  brands: BrandsPage, inboxes: InboxesPage, teams: TeamsPage, people: PeoplePage, tags: TagsPage, views: ViewsPage, tokens: TokensPage,
}

export function SettingsPlace() {
  const { t } = useTranslation()
  const { page } = useParams({ strict: false }) as { page?: string }
  const supervises = useMaySupervise()
  const administers = useMayAdminister()
  const shown = SETTINGS.filter((item) => item.for === 'all' || (item.for === 'supervisor' ? supervises : administers))
  const current = shown.find((item) => item.id === page)?.id ?? shown[0]?.id ?? 'views'
  const Page = PAGES[current]
  const tabs = useRef<HTMLElement>(null)
  useEffect(() => {
    const box = tabs.current
    const tab = box?.querySelector<HTMLElement>('[aria-current=page]')
    if (box && tab) box.scrollLeft = tab.offsetLeft - box.offsetLeft - (box.clientWidth - tab.offsetWidth) / 2
  }, [current])
  return (
    <PageFrame title={t('desk.nav.settings')} lead={<NavButton />}>
      <nav ref={tabs} className={classes.tabs} aria-label={t('desk.nav.settings')}>
        {shown.map((item) => (
          <Link key={item.id} to="/settings/$page" params={{ page: item.id }} className={classes.tab} aria-current={item.id === current ? 'page' : undefined}>
            {t(`desk.settings.${item.id}`)}
          </Link>
        ))}
      </nav>
      <Page key={current} />
    </PageFrame>
  )
}
