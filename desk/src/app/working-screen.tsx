// The working screen: list, conversation, panel. The URL holds view, filters and the open conversation.
import { useQuery } from '@tanstack/react-query'
import { lazyRouteComponent, useNavigate, useParams, useRouter, useSearch } from '@tanstack/react-router'
import IconArrowLeft from '@tabler/icons-react/dist/esm/icons/IconArrowLeft.mjs'
import IconLayoutSidebarRight from '@tabler/icons-react/dist/esm/icons/IconLayoutSidebarRight.mjs'
import IconMessages from '@tabler/icons-react/dist/esm/icons/IconMessages.mjs'
import { Suspense, useCallback, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { EmptyState } from '../components/empty-state'
import { IconButton } from '../components/icon-button'
import { KeyHint } from '../components/key-hint'
import { countsQuery } from '../features/conversations/api/count-conversations'
import { ConversationList } from '../features/conversations/components/conversation-list'
import { ListHeader } from '../features/conversations/components/list-header'
import { PaneSkeleton } from '../features/conversations/components/pane-skeleton'
import { useTeams, viewsQuery } from '../lib/api/directory'
import { useAgent } from '../lib/api/session'
import type { Counts } from '../lib/api/types'
import { countExtraFilters, DEFAULT_VIEW, effectiveFilters, type FilterKey, type ListSearch, viewFilters } from '../lib/filters'
import { formatCount } from '../lib/format/number'
import { useShortcut } from '../lib/shortcuts/use-shortcut'
import { NavButton } from './nav-button'
import { togglePanel, usePanel } from './panel'
import { SaveView } from './save-view'
import { SidePanel } from './side-panel'
import classes from './working-screen.module.css'

/** What one conversation needs comes with the first that is opened, or is about to be; the list waits for none of it. */
const ConversationPane = lazyRouteComponent(() => import('../features/conversations/components/conversation-pane'), 'ConversationPane')
const preload = () => void ConversationPane.preload?.()

// What is resolved grows for ever: there a number says nothing.
const COUNT_OF: Record<string, Exclude<keyof Counts, 'teams'>> = {
  mine: 'open_mine', unassigned: 'open_unassigned', open: 'open_all', waiting: 'waiting', snoozed: 'snoozed', mentions: 'mentions',
}

export function WorkingScreen() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const router = useRouter()
  const agent = useAgent()
  const search = useSearch({ strict: false }) as ListSearch
  const { conversationId = null } = useParams({ strict: false }) as { conversationId?: string }
  const panel = usePanel()
  const views = useQuery(viewsQuery)
  const filters = useMemo(() => effectiveFilters(search, views.data ?? []), [search, views.data])
  const base = useMemo(() => viewFilters(search.view ?? DEFAULT_VIEW, views.data ?? []), [search.view, views.data])
  const { title, count } = useTitle(search)

  const onOpen = useCallback(
    (id: string) => void navigate({ to: '/conversations/$conversationId', params: { conversationId: id }, search }),
    [navigate, search],
  )
  const hrefFor = useCallback(
    (id: string) => router.buildLocation({ to: '/conversations/$conversationId', params: { conversationId: id }, search }).href.replace(/^(?!\/desk)/, '/desk'),
    [router, search],
  )
  const onSearch = useCallback(
    (change: Partial<Record<FilterKey, string | undefined>>) =>
      void navigate({ to: '.', search: (known: ListSearch) => ({ ...known, ...change }), replace: true }),
    [navigate],
  )
  const back = useCallback(() => void navigate({ to: '/conversations', search }), [navigate, search])
  const narrow = () => window.matchMedia('(max-width: 799px)').matches
  useShortcut('back', () => (narrow() && conversationId ? back() : false))

  const lead = (
    <span className={classes.back}>
      <IconButton label={t('desk.act.back')} onClick={back}>
        <IconArrowLeft size={20} stroke={1.8} aria-hidden="true" />
      </IconButton>
    </span>
  )
  return (
    <div className={classes.screen} data-open={conversationId ? true : undefined} data-panel={(conversationId && panel) || undefined}>
      <div className={classes.list} role={conversationId ? 'region' : 'main'} aria-label={t('desk.list.region')} onPointerEnter={preload} onFocus={preload}>
        <ListHeader
          heading={conversationId ? 'h2' : 'h1'}
          title={title}
          count={countExtraFilters(search) === 0 && !search.q ? count : ''}
          search={search}
          filters={filters}
          base={base}
          onSearch={onSearch}
          lead={<NavButton />}
          tail={<SaveView filters={filters} search={search} />}
        />
        <ConversationList
          key={search.view ?? DEFAULT_VIEW}
          filters={filters}
          search={search}
          agentId={agent.id}
          selectedId={conversationId}
          hrefFor={hrefFor}
          onOpen={onOpen}
          onClearFilters={() => void navigate({ to: '.', search: { view: search.view } })}
        />
      </div>
      <div className={classes.conversation}>
        {conversationId ? (
          <Suspense fallback={<PaneSkeleton lead={lead} />}>
            <ConversationPane
              id={conversationId}
              hrefFor={hrefFor}
              onOpen={onOpen}
              lead={lead}
              tail={
                <IconButton label={t('desk.keys.panel')} shortcut="panel" onClick={togglePanel} pressed={panel}>
                  <IconLayoutSidebarRight size={19} stroke={1.6} aria-hidden="true" />
                </IconButton>
              }
            />
          </Suspense>
        ) : (
          <section className={classes.nothing} aria-label={t('desk.conversation.region')}>
            <EmptyState sign={<IconMessages size={30} stroke={1.4} />} title={t('desk.empty.none_open.title')}>
              {t('desk.empty.none_open.text')} <KeyHint id="next" /> <KeyHint id="previous" /> <KeyHint id="open" />
            </EmptyState>
          </section>
        )}
      </div>
      {conversationId && <SidePanel key={conversationId} conversationId={conversationId} open={panel} hrefFor={hrefFor} onOpen={onOpen} />}
    </div>
  )
}

function useTitle(search: ListSearch): { title: string; count: string } {
  const { t, i18n } = useTranslation()
  const { data: counts } = useQuery(countsQuery)
  const teams = useTeams()
  const { data: views = [] } = useQuery(viewsQuery)
  const view = search.view ?? DEFAULT_VIEW
  const [type = '', id = ''] = view.split(':')
  if (type === 'team') {
    const team = counts?.teams.find((item) => item.id === id)
    return { title: teams.find((item) => item.id === id)?.name ?? '', count: formatCount(i18n.language, team?.unassigned) }
  }
  if (type === 'saved') return { title: views.find((item) => item.id === id)?.name ?? '', count: '' }
  const name = COUNT_OF[view]
  return { title: t(`desk.view.${view}`), count: name ? formatCount(i18n.language, counts?.[name]) : '' }
}
