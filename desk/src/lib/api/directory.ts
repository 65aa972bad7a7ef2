// Short lists that many screens name: people, teams, inboxes, brands, tags, views. Read only; settings change them.
import { queryOptions, useQuery } from '@tanstack/react-query'
import { call } from './client'
import { keys } from './keys'
import type { Agent, Brand, Channel, Inbox, Page, SavedView, Tag, Team } from './types'

const FIVE_MINUTES = 300_000

/** Reads a whole short list, page by page. */
async function readAll<T>(path: string, signal: AbortSignal): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await call<Page<T>>('GET', path, { signal, query: { limit: 100, cursor } })
    items.push(...page.items)
    cursor = page.next_cursor
  } while (cursor)
  return items
}

function directory<T>(key: readonly string[], path: string) {
  return queryOptions({
    queryKey: key,
    queryFn: ({ signal }) => readAll<T>(path, signal),
    staleTime: FIVE_MINUTES,
  })
}

export const agentsQuery = directory<Agent>(keys.agents, '/agents')
export const teamsQuery = directory<Team>(keys.teams, '/teams')
export const brandsQuery = directory<Brand>(keys.brands, '/brands')
export const inboxesQuery = directory<Inbox>(keys.inboxes, '/inboxes')
export const tagsQuery = directory<Tag>(keys.tags, '/tags')
export const viewsQuery = directory<SavedView>(keys.views, '/views')
export const channelsQuery = directory<Channel>(keys.channels, '/channels')

export const useAgents = () => useQuery(agentsQuery).data ?? []
export const useTeams = () => useQuery(teamsQuery).data ?? []
export const useBrands = () => useQuery(brandsQuery).data ?? []
export const useInboxes = () => useQuery(inboxesQuery).data ?? []
export const useTags = () => useQuery(tagsQuery).data ?? []
export const useViews = () => useQuery(viewsQuery).data ?? []
