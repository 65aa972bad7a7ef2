// Inboxes: what is connected, whether it works, pausing, a new secret.
import { useQuery } from '@tanstack/react-query'
import IconCopy from '@tabler/icons-react/dist/esm/icons/IconCopy.mjs'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ChannelGlyph } from '../../../components/channel-glyph'
import { Confirm } from '../../../components/confirm'
import { IconButton } from '../../../components/icon-button'
import { Moment } from '../../../components/moment'
import { TroubleNotice } from '../../../components/trouble-notice'
import { UsageMeters } from '../../../components/usage-meters'
import { useProblemText } from '../../../components/use-problem-text'
import { call } from '../../../lib/api/client'
import { channelsQuery, inboxesQuery } from '../../../lib/api/directory'
import type { Inbox } from '../../../lib/api/types'
import { copyText } from '../../../lib/copy-text'
import { say } from '../../../lib/toast'
import { useChangeSetting } from '../api/change-setting'
import { CollectionPage } from './collection-page'
import { InboxForm } from './inbox-form'
import { RowActions } from './row-actions'
import classes from './settings.module.css'
import { type Shown, ShownOnce } from './shown-once'

export function InboxesPage() {
  const { t } = useTranslation()
  const query = useQuery({ ...inboxesQuery, refetchOnMount: 'always' })
  const { data: channels = [] } = useQuery(channelsQuery)
  const describe = useProblemText()
  const { save, remove, refresh } = useChangeSetting<Inbox>('inboxes')
  const [editing, setEditing] = useState<Inbox | 'new' | null>(null)
  const [rotating, setRotating] = useState<Inbox | null>(null)
  const [made, setMade] = useState<Inbox | null>(null)
  const [outcome, setOutcome] = useState<string | null>(null)
  const back = useSearch({ strict: false }) as { inbox?: string; connection?: string }
  const navigate = useNavigate()
  const edit = (inbox: Inbox | 'new' | null) => {
    setEditing(inbox)
    setOutcome(null)
  }
  /** What was connected is said; what was not is shown where it can be tried again. */
  const tellOutcome = (inbox: Inbox | undefined, came: string) => {
    if (came === 'connected') {
      edit(null)
      say(t('desk.connect.outcome.connected'))
    } else if (inbox) {
      setEditing(inbox)
      setOutcome(came)
    }
  }
  const isLoaded = query.data !== undefined
  useEffect(() => {
    if (!back.connection || !isLoaded) return
    tellOutcome(query.data.find((inbox) => inbox.id === back.inbox), back.connection)
    void navigate({ to: '/settings/$page', params: { page: 'inboxes' }, search: {}, replace: true })
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once for each return: what is known by then counts
  }, [back.connection, back.inbox, isLoaded])
  const tell = (problem: unknown) => say(describe(problem), { tone: 'trouble' })
  const rotate = async (inbox: Inbox) => {
    try {
      setMade(await call<Inbox>('POST', `/inboxes/${inbox.id}/secret`, { version: inbox.version, body: {} }))
      await refresh()
    } catch (problem) {
      tell(problem)
    }
  }
  return (
    <>
      <CollectionPage name="inboxes" columns={['name', 'brand', 'team', 'state', 'received']} query={query} count={query.data?.length ?? 0} onAdd={() => edit('new')}>
        {query.data?.map((inbox) => (
          <tr key={inbox.id}>
            <td>
              <span className={classes.named}><ChannelGlyph inbox={inbox} /> {inbox.name}</span>
              {inbox.public_path && <div className={classes.path}><a href={inbox.public_path} target="_blank" rel="noreferrer" title={inbox.public_path}>{inbox.public_path}</a></div>}
              {inbox.hook_path && (
                <div className={classes.hook}>
                  <span className={classes.path} title={inbox.hook_path}>{inbox.hook_path}</span>
                  <IconButton label={t('desk.settings.copy_hook', { name: inbox.name })} onClick={() => void copyText(window.location.origin + inbox.hook_path).then((done) => done && say(t('desk.did.copied')))}>
                    <IconCopy size={15} stroke={1.7} aria-hidden="true" />
                  </IconButton>
                </div>
              )}
            </td>
            <td className={classes.plain}>{inbox.brand.name}</td>
            <td className={classes.plain}>{inbox.team?.name ?? '–'}</td>
            <td>
              <span className={classes.state} data-state={inbox.state}>{t(`desk.inbox_state.${inbox.state}`)}</span>
              {inbox.health.trouble && <TroubleNotice trouble={inbox.health.trouble} />}
              <UsageMeters usage={inbox.health.usage} quietUntil={inbox.health.quiet_until} />
            </td>
            <td data-label={t('desk.settings.column.received')}>{inbox.health.last_received_at ? <Moment at={inbox.health.last_received_at} /> : t('desk.settings.never')}</td>
            <td>
              <RowActions
                name={inbox.name}
                onEdit={() => edit(inbox)}
                onDelete={() => remove(inbox)}
                deleteText={t('desk.settings.delete_inbox')}
                more={[
                  {
                    label: t(inbox.state === 'paused' ? 'desk.settings.resume' : 'desk.settings.pause'),
                    run: () => void save(inbox, { state: inbox.state === 'paused' ? 'active' : 'paused' }).catch(tell),
                  },
                  ...(inbox.hook_path ? [{ label: t('desk.settings.rotate'), run: () => setRotating(inbox) }] : []),
                ]}
              />
            </td>
          </tr>
        ))}
      </CollectionPage>
      {editing && (
        <InboxForm
          key={editing === 'new' ? 'new' : editing.id}
          inbox={editing === 'new' ? null : editing}
          channels={channels}
          outcome={outcome}
          onClose={() => edit(null)}
          onMade={(inbox) => (inbox.health.trouble?.class === 'unconnected' ? edit(inbox) : setMade(inbox))}
          onOutcome={tellOutcome}
        />
      )}
      {rotating && (
        <Confirm title={t('desk.settings.rotate')} text={t('desk.settings.rotate_text')} act={t('desk.settings.rotate')} onClose={() => setRotating(null)} onConfirm={() => rotate(rotating)} />
      )}
      {made && useful(made, t).length > 0 && <ShownOnce title={made.name} text={t(made.hook_secret ? 'desk.settings.secret_once' : 'desk.settings.inbox_made')} shown={useful(made, t)} onClose={() => setMade(null)} />}
    </>
  )
}

function useful(inbox: Inbox, t: (key: string) => string): Shown[] {
  const here = window.location.origin
  return [
    ...(inbox.hook_path ? [{ label: t('desk.settings.hook'), value: here + inbox.hook_path }] : []),
    ...(inbox.hook_secret ? [{ label: t('desk.settings.secret'), value: inbox.hook_secret }] : []),
    ...(inbox.public_path ? [{ label: t('desk.settings.public_page'), value: here + inbox.public_path }] : []),
  ]
}
