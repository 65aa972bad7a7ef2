// The supervisor's picture of now: queues, oldest unanswered in public, who is here, channels.
import { queryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Overview } from '../../../lib/api/types'

export const overviewQuery = queryOptions({
  queryKey: keys.overview,
  queryFn: ({ signal }) => call<Overview>('GET', '/overview', { signal }),
  refetchInterval: 15_000,
})
