// The counters of views and queues; live events ask for them anew.
import { queryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Counts } from '../../../lib/api/types'

export const countsQuery = queryOptions({
  queryKey: keys.counts,
  queryFn: ({ signal }) => call<Counts>('GET', '/conversations/counts', { signal }),
  staleTime: 10_000,
})
