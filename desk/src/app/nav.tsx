// Navigation: views with live counters, queues of teams, saved views, and the places beside the working screen.
import { Menu } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import IconActivity from '@tabler/icons-react/dist/esm/icons/IconActivity.mjs'
import IconAlertTriangle from '@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs'
import IconAt from '@tabler/icons-react/dist/esm/icons/IconAt.mjs'
import IconBug from '@tabler/icons-react/dist/esm/icons/IconBug.mjs'
import IconCheck from '@tabler/icons-react/dist/esm/icons/IconCheck.mjs'
import IconClockPause from '@tabler/icons-react/dist/esm/icons/IconClockPause.mjs'
import IconEar from '@tabler/icons-react/dist/esm/icons/IconEar.mjs'
import IconHourglass from '@tabler/icons-react/dist/esm/icons/IconHourglass.mjs'
import IconInbox from '@tabler/icons-react/dist/esm/icons/IconInbox.mjs'
import IconMessages from '@tabler/icons-react/dist/esm/icons/IconMessages.mjs'
import IconSettings from '@tabler/icons-react/dist/esm/icons/IconSettings.mjs'
import IconSpeakerphone from '@tabler/icons-react/dist/esm/icons/IconSpeakerphone.mjs'
import IconUser from '@tabler/icons-react/dist/esm/icons/IconUser.mjs'
import IconUsers from '@tabler/icons-react/dist/esm/icons/IconUsers.mjs'
import IconBookmark from '@tabler/icons-react/dist/esm/icons/IconBookmark.mjs'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { KeyHint } from '../components/key-hint'
import { Wordmark } from '../components/wordmark'
import { countsQuery } from '../features/conversations/api/count-conversations'
import { alertsQuery } from '../features/overview/api/list-alerts'
import { signOut } from '../features/session/api/sign-out'
import { useTeams, useViews } from '../lib/api/directory'
import { useAgent, useMayAdminister, useMaySupervise } from '../lib/api/session'
import type { Count, Counts } from '../lib/api/types'
import { DEFAULT_VIEW, type ListSearch } from '../lib/filters'
import { formatCount } from '../lib/format/number'
import { navStore } from './panel'
import classes from './nav.module.css'

const VIEWS: { view: string; count: Exclude<keyof Counts, 'teams'> | null; Sign: typeof IconUser }[] = [
  { view: 'mine', count: 'open_mine', Sign: IconUser },
  { view: 'unassigned', count: 'open_unassigned', Sign: IconInbox },
  { view: 'open', count: 'open_all', Sign: IconMessages },
  { view: 'waiting', count: 'waiting', Sign: IconHourglass },
  { view: 'snoozed', count: 'snoozed', Sign: IconClockPause },
  { view: 'resolved', count: null, Sign: IconCheck },
  { view: 'mentions', count: 'mentions', Sign: IconAt },
]

interface Props { onPalette: () => void; onKeys: () => void }

export function Nav({ onPalette, onKeys }: Props) {
  const { t } = useTranslation()
  const { data: counts } = useQuery(countsQuery)
  const { data: alerts } = useQuery(alertsQuery)
  const teams = useTeams()
  const views = useViews()
  const agent = useAgent()
  const supervises = useMaySupervise()
  const administers = useMayAdminister()
  const own = new Set(agent.teams.map((team) => team.id))
  const shown = teams.filter((team) => supervises || own.has(team.id))
  return (
    <nav className={classes.nav} aria-label={t('desk.nav.label')}>
      <div className={classes.brand}><Wordmark /></div>
      <button type="button" className={classes.palette} onClick={onPalette}>
        {t('desk.nav.find')} <KeyHint id="palette" />
      </button>
      <div className={classes.groups}>
        <Group>
          {VIEWS.map(({ view, count, Sign }) => (
            <ViewLink key={view} view={view} name={t(`desk.view.${view}`)} count={count ? counts?.[count] : undefined} sign={<Sign size={17} stroke={1.7} aria-hidden="true" />} />
          ))}
        </Group>
        {shown.length > 0 && (
          <Group title={t('desk.nav.queues')}>
            {shown.map((team) => (
              <ViewLink key={team.id} view={`team:${team.id}`} name={team.name} count={counts?.teams.find((item) => item.id === team.id)?.unassigned} sign={<IconUsers size={17} stroke={1.7} aria-hidden="true" />} />
            ))}
          </Group>
        )}
        {views.length > 0 && (
          <Group title={t('desk.nav.saved')}>
            {views.map((view) => (
              <ViewLink key={view.id} view={`saved:${view.id}`} name={view.name} sign={<IconBookmark size={17} stroke={1.7} aria-hidden="true" />} />
            ))}
          </Group>
        )}
        <Group title={t('desk.nav.desk')}>
          {supervises && <PlaceLink to="/overview" name={t('desk.nav.overview')} sign={<IconActivity size={17} stroke={1.7} aria-hidden="true" />} />}
          <PlaceLink to="/listening" name={t('desk.nav.listening')} sign={<IconEar size={17} stroke={1.7} aria-hidden="true" />} />
          {supervises && <PlaceLink to="/posts" name={t('desk.nav.announcements')} sign={<IconSpeakerphone size={17} stroke={1.7} aria-hidden="true" />} />}
          <PlaceLink to="/alerts" name={t('desk.nav.alerts')} count={alerts && { count: alerts.length, capped: false }} sign={<IconAlertTriangle size={17} stroke={1.7} aria-hidden="true" />} />
          {administers && <PlaceLink to="/quarantine" name={t('desk.nav.quarantine')} count={counts?.quarantine} sign={<IconBug size={17} stroke={1.7} aria-hidden="true" />} />}
          <PlaceLink to="/settings" name={t('desk.nav.settings')} sign={<IconSettings size={17} stroke={1.7} aria-hidden="true" />} />
        </Group>
      </div>
      <AgentMenu onKeys={onKeys} />
    </nav>
  )
}

function Group({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <div className={classes.group}>
      {title && <h2>{title}</h2>}
      <ul>{children}</ul>
    </div>
  )
}

interface EntryProps { name: string; sign: ReactNode; count?: Count }

function Entry({ name, sign, count }: EntryProps) {
  const { i18n } = useTranslation()
  return (
    <>
      <span className={classes.sign}>{sign}</span>
      <span className={classes.name}>{name}</span>
      {count && count.count > 0 && <span className={classes.count}>{formatCount(i18n.language, count)}</span>}
    </>
  )
}

function ViewLink({ view, ...entry }: EntryProps & { view: string }) {
  const search = useSearch({ strict: false }) as ListSearch
  const onList = window.location.pathname.includes('/conversations')
  const current = onList && (search.view ?? DEFAULT_VIEW) === view
  return (
    <li>
      <Link to="/conversations" search={{ view }} className={classes.entry} aria-current={current ? 'page' : undefined} activeProps={{}} onClick={() => navStore.write(false)}>
        <Entry {...entry} />
      </Link>
    </li>
  )
}

function PlaceLink({ to, ...entry }: EntryProps & { to: string }) {
  return (
    <li>
      <Link to={to} className={classes.entry} onClick={() => navStore.write(false)}>
        <Entry {...entry} />
      </Link>
    </li>
  )
}

function AgentMenu({ onKeys }: { onKeys: () => void }) {
  const { t } = useTranslation()
  const agent = useAgent()
  const client = useQueryClient()
  const navigate = useNavigate()
  return (
    <Menu position="top-start" width={220}>
      <Menu.Target>
        <button type="button" className={classes.agent}>
          <span className={classes.name}>{agent.name}</span>
          <small>{t(`desk.role.${agent.role}`)}</small>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => { navStore.write(false); void navigate({ to: '/preferences' }) }}>{t('desk.preferences.title')}</Menu.Item>
        <Menu.Item rightSection={<KeyHint id="help" />} onClick={onKeys}>{t('desk.keys.title')}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => void signOut(client).then(() => navigate({ to: '/sign-in', search: {} }))}>{t('desk.nav.sign_out')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
