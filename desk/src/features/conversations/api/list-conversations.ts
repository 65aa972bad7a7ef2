// One page of conversations by filters, newest first unless the filters say otherwise.
import { infiniteQueryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Conversation, Page } from '../../../lib/api/types'
import type { Filters } from '../../../lib/filters'

/** Who looks for public or private ones means those that are both, too. */
function withMixed(visibility: string | undefined): string | undefined {
  return visibility && !visibility.includes('mixed') ? `${visibility},mixed` : visibility
}

export function conversationsQuery(filters: Filters) {
  return infiniteQueryOptions({
    queryKey: keys.list(filters),
    queryFn: ({ pageParam, signal }) =>
      call<Page<Conversation>>('GET', '/conversations', { signal, query: { ...filters, visibility: withMixed(filters.visibility), limit: 50, cursor: pageParam } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 30_000,
    refetchOnWindowFocus: false,
  })
}
