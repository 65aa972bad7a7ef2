// Everything by name: what can be done with the open conversation, views, places, settings and, from three letters on, conversations.
import { Modal } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useDeferredValue, useId, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { KeyHint } from '../components/key-hint'
import { useCallInboxes } from '../features/conversations/api/note-call'
import { call } from '../lib/api/client'
import { useTeams, useViews } from '../lib/api/directory'
import { keys } from '../lib/api/keys'
import { useMayAdminister, useMaySupervise } from '../lib/api/session'
import type { Conversation, Page } from '../lib/api/types'
import { BUILT_IN_VIEWS } from '../lib/filters'
import type { ShortcutId } from '../lib/shortcuts/keymap'
import { isBound, runShortcut } from '../lib/shortcuts/use-shortcut'
import classes from './palette.module.css'
import { SETTINGS } from './settings-list'

interface Entry { id: string; label: string; hint?: string; key?: ShortcutId; run: () => void }
interface Props { onClose: () => void; onCall: () => void; navigate: ReturnType<typeof useNavigate> }

const SEARCH_FROM = 3
/** What is done to the open conversation and needs no further choice. */
const ACTS = ['assign_me', 'resolve', 'unread', 'like', 'hide'] as const

export function Palette({ onClose, onCall, navigate }: Props) {
  const { t } = useTranslation()
  const listId = useId()
  const [text, setText] = useState('')
  const [active, setActive] = useState(0)
  const places = usePlaces(navigate, onCall)
  const acts = ACTS.filter(isBound).map((id): Entry => ({ id, key: id, label: t(`desk.keys.${id}`), run: () => void runShortcut(id, new KeyboardEvent('keydown')) }))
  const words = useDeferredValue(text.trim())
  const found = useQuery({
    queryKey: keys.search(words),
    queryFn: ({ signal }) => call<Page<Conversation>>('GET', '/conversations', { signal, query: { q: words, limit: 8 } }),
    enabled: words.length >= SEARCH_FROM,
    placeholderData: keepPreviousData,
  })
  const wanted = text.trim().toLocaleLowerCase()
  const conversations = words.length >= SEARCH_FROM ? (found.data?.items ?? []) : []
  const entries: Entry[] = [
    ...(wanted ? acts.filter((act) => act.label.toLocaleLowerCase().includes(wanted)) : []),
    ...places.filter((place) => place.label.toLocaleLowerCase().includes(wanted)).slice(0, wanted ? 6 : 12),
    ...conversations.map((item) => ({
      id: item.id,
      label: item.contact?.name ?? item.contact?.handle ?? t('desk.contact.unknown'),
      hint: item.match ?? item.subject ?? item.preview,
      run: () => void navigate({ to: '/conversations/$conversationId', params: { conversationId: item.id }, search: { view: 'open' } }),
    })),
    ...(wanted
      ? [{ id: 'search', label: t('desk.palette.search_all', { words: text.trim() }), run: () => void navigate({ to: '/conversations', search: { view: 'all', q: text.trim() } }) }]
      : []),
  ]
  const at = Math.min(active, entries.length - 1)
  const run = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    entry.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setActive((at + 1) % entries.length)
    else if (event.key === 'ArrowUp') setActive((at - 1 + entries.length) % entries.length)
    else if (event.key === 'Enter') run(entries[at])
    else return
    event.preventDefault()
  }
  return (
    <Modal opened onClose={onClose} withCloseButton={false} padding={0} size="lg" attributes={{ content: { 'aria-label': t('desk.keys.palette') } }}>
      <input
        className={classes.field}
        data-autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={`${listId}-${at}`}
        aria-label={t('desk.palette.hint')}
        placeholder={t('desk.palette.hint')}
        value={text}
        onChange={(event) => { setText(event.currentTarget.value); setActive(0) }}
        onKeyDown={onKeyDown}
      />
      <ul className={classes.list} id={listId} role="listbox" aria-label={t('desk.keys.palette')}>
        {entries.map((entry, index) => (
          <li
            key={entry.id}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === at}
            className={classes.entry}
            onMouseMove={() => setActive(index)}
            onClick={() => run(entry)}
            onKeyDown={onKeyDown}
          >
            <span className={classes.label}>{entry.label}</span>
            {entry.hint && <span className={classes.hint}>{entry.hint}</span>}
            {entry.key && <KeyHint id={entry.key} />}
          </li>
        ))}
      </ul>
    </Modal>
  )
}

function usePlaces(navigate: Props['navigate'], onCall: Props['onCall']): Entry[] {
  const { t } = useTranslation()
  const teams = useTeams()
  const views = useViews()
  const supervises = useMaySupervise()
  const administers = useMayAdminister()
  const takesCalls = useCallInboxes().length > 0
  const view = (id: string, label: string, hint?: string): Entry => ({
    id, label, hint, run: () => void navigate({ to: '/conversations', search: { view: id } }),
  })
  const place = (to: string, label: string, hint?: string): Entry => ({ id: to, label, hint, run: () => void navigate({ to }) })
  return [
    ...Object.keys(BUILT_IN_VIEWS).map((id) => view(id, t(`desk.view.${id}`), t('desk.palette.view'))),
    ...(takesCalls ? [{ id: 'call', label: t('desk.call.act'), run: onCall }] : []),
    ...teams.map((team) => view(`team:${team.id}`, team.name, t('desk.nav.queues'))),
    ...views.map((item) => view(`saved:${item.id}`, item.name, t('desk.nav.saved'))),
    ...(supervises ? [place('/overview', t('desk.nav.overview')), place('/posts', t('desk.nav.announcements'))] : []),
    ...(administers ? [place('/quarantine', t('desk.nav.quarantine'))] : []),
    place('/listening', t('desk.nav.listening')),
    place('/alerts', t('desk.nav.alerts')),
    place('/preferences', t('desk.preferences.title')),
    ...SETTINGS.filter((item) => item.for === 'all' || (item.for === 'supervisor' ? supervises : administers)).map((item) =>
      place(`/settings/${item.id}`, t(`desk.settings.${item.id}`), t('desk.nav.settings')),
    ),
  ]
}
