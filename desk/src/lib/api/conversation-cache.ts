// How one changed conversation or message is put into everything the cache already shows.
// Rows keep their places: order changes only in settleList.
import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import { type Filters, matches } from '../filters'
import { keys } from './keys'
import type { Contact, Conversation, ConversationDetail, Message, Page } from './types'

type Pages<T> = InfiniteData<Page<T>, string | null>

function mapPages<T>(pages: Pages<T> | undefined, change: (item: T) => T): Pages<T> | undefined {
  if (!pages) return pages
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, items: page.items.map(change) })) }
}

/** Replaces a conversation wherever it is shown; older versions are ignored. */
export function putConversation(client: QueryClient, changed: Conversation, force = false) {
  const merge = <T extends Conversation>(known: T): T => {
    if (known.id !== changed.id || (!force && known.version > changed.version)) return known
    return { ...known, ...changed, match: known.match }
  }
  client.setQueriesData<Pages<Conversation>>({ queryKey: keys.lists }, (pages) => mapPages(pages, merge))
  client.setQueriesData<Conversation[]>({ queryKey: ['conversations', 'arrivals'] }, (list) => list?.map(merge))
  client.setQueryData<ConversationDetail>(keys.conversation(changed.id), (known) => known && merge(known))
  client.setQueriesData<Contact>({ queryKey: keys.contacts }, (contact) =>
    contact?.conversations ? { ...contact, conversations: contact.conversations.map(merge) } : contact,
  )
}

/** Lets a conversation that belongs in a list but is not there yet wait as an arrival. */
export function noteArrival(client: QueryClient, conversation: Conversation, agentId: string) {
  for (const [key, pages] of client.getQueriesData<Pages<Conversation>>({ queryKey: keys.lists })) {
    const filters = key[2] as Filters | undefined
    if (!pages || !filters || filters.sort === 'oldest') continue
    if (pages.pages.some((page) => page.items.some((item) => item.id === conversation.id))) continue
    if (!matches(conversation, filters, agentId)) continue
    client.setQueryData<Conversation[]>(keys.arrivals(filters), (waiting = []) => [
      conversation,
      ...waiting.filter((item) => item.id !== conversation.id),
    ])
  }
}

/** Takes arrivals into the list, drops rows that have left the view (but never `keepId`), restores the order. */
export function settleList(client: QueryClient, filters: Filters, agentId: string, keepId: string | null) {
  const arrivals = client.getQueryData<Conversation[]>(keys.arrivals(filters)) ?? []
  client.setQueryData<Conversation[]>(keys.arrivals(filters), [])
  client.setQueryData<Pages<Conversation>>(keys.list(filters), (pages) => {
    if (!pages) return pages
    const known = pages.pages.flatMap((page) => page.items)
    const rows = [...arrivals.filter((item) => !known.some((row) => row.id === item.id)), ...known].filter(
      (row) => row.id === keepId || matches(row, filters, agentId) !== false,
    )
    if (filters.sort === undefined || filters.sort === 'newest') {
      if (!filters.q) rows.sort((one, other) => other.surfaced_at.localeCompare(one.surfaced_at))
    }
    const last = pages.pages.at(-1)
    return { pages: [{ items: rows, next_cursor: last?.next_cursor ?? null }], pageParams: [pages.pageParams[0] ?? null] }
  })
}

/** Puts a message into its conversation's timeline; pages run from newest to oldest. */
export function putMessage(client: QueryClient, conversationId: string, message: Message, replacesId?: string) {
  client.setQueryData<Pages<Message>>(keys.messages(conversationId), (pages) => {
    if (!pages) return pages
    const same = (item: Message) => item.id === message.id || item.id === replacesId
    let found = false
    const next = pages.pages.map((page) => ({
      ...page,
      items: page.items.flatMap((item) => {
        if (!same(item)) return [item]
        if (found) return []
        found = true
        return [message]
      }),
    }))
    const [first, ...rest] = next
    if (!found && first) return { ...pages, pages: [{ ...first, items: [message, ...first.items] }, ...rest] }
    return { ...pages, pages: next }
  })
}

/** The message as the timeline shows it now. */
export function findMessage(client: QueryClient, conversationId: string, messageId: string): Message | undefined {
  return client.getQueryData<Pages<Message>>(keys.messages(conversationId))?.pages.flatMap((page) => page.items).find((item) => item.id === messageId)
}

/** Takes a message out of the timeline, for what never left. */
export function dropMessage(client: QueryClient, conversationId: string, messageId: string) {
  client.setQueryData<Pages<Message>>(keys.messages(conversationId), (pages) =>
    pages && {
      ...pages,
      pages: pages.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== messageId) })),
    },
  )
}
