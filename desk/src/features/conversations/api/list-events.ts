// What people and rules did to a conversation, for the thin lines of the timeline.
import { queryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Page, TimelineEvent } from '../../../lib/api/types'

export function eventsQuery(conversationId: string) {
  return queryOptions({
    queryKey: keys.events(conversationId),
    queryFn: async ({ signal }) => {
      const page = await call<Page<TimelineEvent>>('GET', `/conversations/${conversationId}/events`, { signal })
      return page.items
    },
    staleTime: 30_000,
  })
}
