// Every key of the query cache, so that live events and writes find what reads have put there.
import type { Filters } from '../filters'

export const keys = {
  session: ['session'] as const,
  lists: ['conversations', 'list'] as const,
  list: (filters: Filters) => ['conversations', 'list', filters] as const,
  arrivals: (filters: Filters) => ['conversations', 'arrivals', filters] as const,
  counts: ['conversations', 'counts'] as const,
  conversation: (id: string) => ['conversation', id] as const,
  messages: (id: string) => ['messages', id] as const,
  events: (id: string) => ['events', id] as const,
  presence: (id: string) => ['presence', id] as const,
  here: ['here'] as const,
  contact: (id: string) => ['contact', id] as const,
  contacts: ['contact'] as const,
  search: (q: string) => ['search', q] as const,
  agents: ['directory', 'agents'] as const,
  teams: ['directory', 'teams'] as const,
  brands: ['directory', 'brands'] as const,
  inboxes: ['directory', 'inboxes'] as const,
  tags: ['directory', 'tags'] as const,
  views: ['directory', 'views'] as const,
  channels: ['directory', 'channels'] as const,
  tokens: ['tokens'] as const,
  overview: ['overview'] as const,
  quarantine: ['quarantine'] as const,
  alerts: ['alerts'] as const,
}
