// Filters of the conversation list: how they stand in the URL, go to the API, and decide about one conversation.
import type { Conversation } from './api/types'

export const FILTER_KEYS = [
  'status', 'team', 'assignee', 'inbox', 'tag', 'brand', 'kind', 'priority', 'visibility', 'unread', 'mentions', 'q', 'sort',
] as const
export type FilterKey = (typeof FILTER_KEYS)[number]
export type Filters = Partial<Record<FilterKey, string>>
/** What the URL of the working screen holds: a view by name and filters on top of it. */
export type ListSearch = Filters & { view?: string }

export const BUILT_IN_VIEWS: Record<string, Filters> = {
  mine: { assignee: 'me', status: 'open' },
  unassigned: { assignee: 'none', status: 'open' },
  open: { status: 'open' },
  waiting: { status: 'waiting' },
  snoozed: { status: 'snoozed' },
  resolved: { status: 'resolved' },
  mentions: { mentions: 'me' },
}
export const DEFAULT_VIEW = 'mine'
/** A filter set to this takes the view's own filter away; for words it is a sign, since people search for "any". */
export const ANY = 'any'
export const ANY_WORDS = '*'

export function parseSearch(raw: Record<string, unknown>): ListSearch {
  const search: ListSearch = {}
  for (const key of [...FILTER_KEYS, 'view'] as const) {
    const value = raw[key]
    if (value !== undefined && value !== null && String(value) !== '') search[key] = String(value)
  }
  return search
}

/** The filters of a view: built in, a team's queue (`team:ID`) or a saved one (`saved:ID`). */
export function viewFilters(view: string, saved: { id: string; filter: Record<string, string> }[]): Filters {
  if (view.startsWith('team:')) return { team: view.slice(5), assignee: 'none', status: 'open' }
  if (view.startsWith('saved:')) {
    return parseSearch(saved.find((item) => item.id === view.slice(6))?.filter ?? {})
  }
  return BUILT_IN_VIEWS[view] ?? {}
}

/** View and filters together, as the API takes them; stable in key order so that equal filters share a cache entry. */
export function effectiveFilters(search: ListSearch, saved: { id: string; filter: Record<string, string> }[]): Filters {
  const base = viewFilters(search.view ?? DEFAULT_VIEW, saved)
  const filters: Filters = {}
  for (const key of FILTER_KEYS) {
    const value = search[key] ?? base[key]
    if (value && value !== (key === 'q' ? ANY_WORDS : ANY)) filters[key] = value
  }
  return filters
}

/** What the URL says so that these words are searched for: nothing where the view itself says so. */
export function wordsOverView(words: string, base: Filters): string | undefined {
  return words === (base.q ?? '') ? undefined : words || ANY_WORDS
}

/** How many filters somebody has set on top of the view. */
export function countExtraFilters(search: ListSearch): number {
  return FILTER_KEYS.filter((key) => key !== 'q' && key !== 'sort' && search[key] !== undefined).length
}

const oneOf = (value: string | undefined, actual: string | null | undefined) =>
  value === undefined || (actual !== null && actual !== undefined && value.split(',').includes(actual))

/** Whether a conversation belongs in a list; `undefined` where only the server can tell. */
export function matches(conversation: Conversation, filters: Filters, agentId: string): boolean | undefined {
  const { assignee, team, tag, unread } = filters
  if (conversation.joined_into) return false
  if (!oneOf(filters.status, conversation.status)) return false
  if (!oneOf(filters.kind, conversation.kind)) return false
  if (!oneOf(filters.priority, conversation.priority)) return false
  if (!oneOf(filters.brand, conversation.brand.id)) return false
  if (filters.visibility && conversation.visibility !== 'mixed' && !oneOf(filters.visibility, conversation.visibility)) {
    return false
  }
  if (team && !team.split(',').includes(conversation.team?.id ?? 'none')) return false
  if (assignee && !assignee.split(',').some((who) => (who === 'me' ? agentId : who) === (conversation.assignee?.id ?? 'none'))) {
    return false
  }
  if (tag && !tag.split(',').every((id) => conversation.tags.some((item) => item.id === id || item.name === id))) return false
  if (unread === 'true' && !conversation.unread) return false
  if (filters.q || filters.mentions || (filters.inbox && !oneOf(filters.inbox, conversation.inbox.id))) return undefined
  return true
}
