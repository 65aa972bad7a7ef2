// Lays messages and events out as the timeline shows them. Pure; knows nothing of React.
import type { Message, TimelineEvent } from '../../../lib/api/types'
import { isSameSubject } from '../../../lib/format/subject'
import { dayKey } from '../../../lib/format/time'

export type Entry =
  | { type: 'day'; key: string; at: string }
  | { type: 'unread'; key: string }
  | { type: 'message'; key: string; message: Message }
  | { type: 'bystanders'; key: string; messages: Message[] }
  | { type: 'events'; key: string; events: TimelineEvent[] }

/** So many bystanders in a row, at least, fold into one line. */
const RUN = 3
const SHOWN_KINDS = new Set([
  'conversation_joined', 'conversation_unjoined', 'conversation_split', 'status_changed', 'assigned', 'team_changed',
  'tags_changed', 'priority_changed', 'kind_changed', 'subject_changed', 'answer_not_needed', 'message_hidden',
])

export const isBystander = (message: Message) =>
  message.direction === 'in' && !message.author.is_party && !message.author.is_agent

/** Messages come newest first, events in any order; entries go out oldest first. */
export function buildTimeline(newestFirst: Message[], events: TimelineEvent[], firstUnreadId: string | null): Entry[] {
  const messages = newestFirst.filter((item) => item.delivery?.state !== 'cancelled').toReversed()
  const start = messages[0]?.platform_at ?? ''
  const lines = events.filter((event) => SHOWN_KINDS.has(event.kind) && event.at >= start)
  const all = [
    ...messages.map((message) => ({ at: message.platform_at, message, event: null })),
    ...lines.map((event) => ({ at: event.at, message: null, event })),
  ].toSorted((one, other) => one.at.localeCompare(other.at))

  const entries: Entry[] = []
  let day = ''
  for (const { at, message, event } of all) {
    if (dayKey(at) !== day) {
      day = dayKey(at)
      entries.push({ type: 'day', key: `day-${day}`, at })
    }
    const last = entries.at(-1)
    if (event) {
      if (last?.type === 'events') last.events.push(event)
      else entries.push({ type: 'events', key: `events-${event.seq}`, events: [event] })
      continue
    }
    if (message.id === firstUnreadId) entries.push({ type: 'unread', key: 'unread' })
    if (isBystander(message)) {
      const run = entries.at(-1)
      if (run?.type === 'bystanders') run.messages.push(message)
      else entries.push({ type: 'bystanders', key: `run-${message.id}`, messages: [message] })
    } else entries.push({ type: 'message', key: message.id, message })
  }
  return entries.flatMap((entry) => (entry.type === 'bystanders' && entry.messages.length < RUN ? entry.messages.map(alone) : [entry]))
}

function alone(message: Message): Entry {
  return { type: 'message', key: message.id, message }
}

/** Which messages tell their subject: those where it is neither the conversation's nor that of the letter before. */
export function findTitled(newestFirst: Message[], subject: string | null): Set<string> {
  const titled = new Set<string>()
  let before: string | null = null
  for (const { id, title } of newestFirst.toReversed()) {
    if (!title) continue
    if (!isSameSubject(title, subject) && !isSameSubject(title, before)) titled.add(id)
    before = title
  }
  return titled
}

/** Where reading goes on: the server's word, else the first message after our last one. */
export function findFirstUnread(newestFirst: Message[], unread: boolean, known: string | null | undefined): string | null {
  if (!unread) return null
  if (known) return known
  let first: string | null = null
  for (const message of newestFirst) {
    if (message.direction === 'out' && message.visibility !== 'note') break
    if (message.direction === 'in') first = message.id
  }
  return first
}
