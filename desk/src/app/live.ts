// The only place that patches the query cache from the server's events. One stream per tab; it resumes behind
// the last event it has seen, so a broken line leaves no gap.
import type { QueryClient } from '@tanstack/react-query'
import { noteArrival, putConversation, putMessage } from '../lib/api/conversation-cache'
import { keys } from '../lib/api/keys'
import type { Conversation, ConversationDetail, Message, PresentAgent } from '../lib/api/types'
import { createStore } from '../lib/store'

export const liveStore = createStore<'on' | 'waiting' | 'off'>('waiting')

interface Change { seq: string; kind: string; conversation_id: string | null; conversation: Conversation | null; message: Message | null; inbox_id: string | null }

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 6_000
const COUNT_EVERY_MS = 1_500
/** More than two of the server's beats. */
const SILENT_MS = 40_000

const DIRECTORY: [prefix: string, key: readonly string[]][] = [
  ['inbox_', keys.inboxes], ['brand_', keys.brands], ['team_', keys.teams], ['agent_', keys.agents], ['tag_', keys.tags],
  ['view_', keys.views], ['alert_', keys.alerts], ['search_', ['listening']], ['hit_', ['listening']], ['delivery_', keys.quarantine],
]

const READ_FIRST = [keys.lists, keys.counts, ['conversation'], ['messages'], keys.alerts]

export function follow(client: QueryClient, agentId: string): () => void {
  let cursor = ''
  let followed = false
  let wait = FIRST_WAIT_MS
  let stream: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false
  let heard = Date.now()
  let beats = false
  const later = createDelayed(client)

  const open = () => {
    const query = cursor ? `?last_event_id=${encodeURIComponent(cursor)}` : ''
    stream = new EventSource(`/api/v1/live${query}`)
    const on = (name: string, take: (facts: never) => void) =>
      stream?.addEventListener(name, (event) => {
        const { data, lastEventId } = event as MessageEvent<string>
        const facts = JSON.parse(data) as { seq?: string }
        cursor = lastEventId || facts.seq || cursor
        heard = Date.now()
        take(facts as never)
      })
    on('hello', () => {
      wait = FIRST_WAIT_MS
      liveStore.write('on')
      // What was read before the very first stream stood may have missed what came in between.
      if (!followed) for (const key of READ_FIRST) later.refresh(key)
      followed = true
      // Who is where follows anew; who left while the line was broken is named no more.
      client.setQueriesData<PresentAgent[]>({ queryKey: ['presence'] }, (known) => known && [])
    })
    on('change', (change: Change) => takeChange(client, agentId, change, later))
    on('presence', ({ conversation_id: id, agents }: { conversation_id: string; agents: PresentAgent[] }) =>
      client.setQueryData(keys.presence(id), agents),
    )
    on('here', ({ agents }: { agents: PresentAgent[] }) => client.setQueryData(keys.here, agents))
    on('reload', () => void reloadAll(client))
    on('beat', () => { beats = true })
    stream.addEventListener('error', () => {
      stream?.close()
      if (ended) return
      clearTimeout(timer)
      liveStore.write('off')
      timer = setTimeout(open, wait * (0.75 + Math.random() / 2))
      if (wait > FIRST_WAIT_MS * 4) void client.invalidateQueries({ queryKey: keys.session })
      wait = Math.min(LONGEST_WAIT_MS, wait * 2)
    })
  }
  open()
  const hurry = () => {
    if (stream?.readyState !== EventSource.CLOSED || ended) return
    clearTimeout(timer)
    open()
  }
  /** A line can be dead without a word (a sleeping laptop, a gateway): where the server beats, silence is noticed. */
  const listen = () => {
    if (ended || !beats || Date.now() - heard < SILENT_MS || stream?.readyState === EventSource.CLOSED) return
    heard = Date.now()
    beats = false
    liveStore.write('off')
    stream?.close()
    clearTimeout(timer)
    open()
  }
  const watch = setInterval(listen, SILENT_MS / 4)
  window.addEventListener('online', hurry)
  document.addEventListener('visibilitychange', listen)
  return () => {
    ended = true
    clearTimeout(timer)
    later.stop()
    clearInterval(watch)
    stream?.close()
    window.removeEventListener('online', hurry)
    document.removeEventListener('visibilitychange', listen)
  }
}

function takeChange(client: QueryClient, agentId: string, change: Change, later: ReturnType<typeof createDelayed>) {
  const { kind, conversation, message } = change
  const id = conversation?.id ?? message?.conversation_id ?? change.conversation_id ?? null
  if (conversation) {
    putConversation(client, conversation)
    noteArrival(client, conversation, agentId)
    if (kind === 'conversation_split' || kind === 'conversation_joined' || kind === 'conversation_unjoined') {
      later.refresh(keys.messages(conversation.id))
    }
  }
  if (id && message) takeMessage(client, id, kind, message)
  else if (id && kind.startsWith('message_')) later.refresh(keys.messages(id))
  if (id && (kind === 'message_hidden' || !kind.startsWith('message_')) && kind !== 'read_changed') later.refresh(keys.events(id))
  if (id && kind.startsWith('message_') && hasWindow(client, id)) later.refresh(keys.conversation(id))
  if (kind === 'message_found') later.refresh(['listening'])
  // What we say of ourselves belongs to no conversation.
  if (!id && kind.startsWith('message_')) later.refresh(keys.announcements)
  if (kind.startsWith('inbox_')) later.refresh(['conversation'])
  if (kind.startsWith('inbox_')) later.refresh(keys.announcingAccounts)
  if (id || kind.startsWith('delivery_') || kind.startsWith('inbox_')) {
    later.refresh(keys.counts)
    later.refresh(keys.overview)
  }
  for (const [prefix, key] of DIRECTORY) if (kind.startsWith(prefix) && kind !== 'team_changed') later.refresh(key)
  if (kind.startsWith('contact_')) {
    later.refresh(keys.contacts)
    if (kind === 'contact_erased') void reloadAll(client)
  }
}

/** Whether a message may change until when, or how, the conversation can be answered. */
function hasWindow(client: QueryClient, id: string): boolean {
  const can = client.getQueryData<ConversationDetail>(keys.conversation(id))?.capabilities
  return [can?.public, can?.private].some((side) => side?.until || side?.hand_over || side?.reason)
}

function takeMessage(client: QueryClient, conversationId: string, kind: string, message: Message) {
  const known = client.getQueryData<{ pages: { items: Message[] }[] }>(keys.messages(conversationId))
  const shown = known?.pages.flatMap((page) => page.items) ?? []
  const mine = shown.find((item) => item.id.startsWith('draft-') && item.body === message.body && message.direction === 'out')
  const isNew = kind === 'message_received' || kind === 'message_queued' || kind === 'note_added'
  if (isNew || shown.some((item) => item.id === message.id)) putMessage(client, conversationId, message, mine?.id)
  client.setQueryData<ConversationDetail>(keys.conversation(conversationId), (detail) =>
    detail?.post?.id === message.id ? { ...detail, post: message } : detail,
  )
}

/** Gathers refreshes, so that a storm of events asks for counters once, not a thousand times. */
function createDelayed(client: QueryClient) {
  const due = new Map<string, readonly string[]>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const run = () => {
    timer = undefined
    for (const key of due.values()) void client.invalidateQueries({ queryKey: key })
    due.clear()
  }
  return {
    refresh: (key: readonly string[]) => {
      due.set(key.join(' '), key)
      timer ??= setTimeout(run, COUNT_EVERY_MS)
    },
    stop: () => clearTimeout(timer),
  }
}

async function reloadAll(client: QueryClient) {
  await client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session' && query.queryKey[0] !== 'presence' && query.queryKey[0] !== 'here' && query.queryKey[1] !== 'arrivals' })
}
