// One page of conversations by filters, newest first unless the filters say otherwise.
import { infiniteQueryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Conversation, Page } from '../../../lib/api/types'
import type { Filters } from '../../../lib/filters'

export function conversationsQuery(filters: Filters) {
  return infiniteQueryOptions({
    queryKey: keys.list(filters),
    queryFn: ({ pageParam, signal }) =>
      call<Page<Conversation>>('GET', '/conversations', { signal, query: { ...filters, limit: 50, cursor: pageParam } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 30_000,
    refetchOnWindowFocus: false,
  })
}
