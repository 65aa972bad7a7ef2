// Recent failures that need a person.
import { queryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Alert, Page } from '../../../lib/api/types'

export const alertsQuery = queryOptions({
  queryKey: keys.alerts,
  queryFn: async ({ signal }) => {
    const page = await call<Page<Alert>>('GET', '/alerts', { signal })
    return page.items
  },
  refetchInterval: 60_000,
})
