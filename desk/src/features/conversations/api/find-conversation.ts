// One conversation with its shared post, capabilities and reply targets.
import { queryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { ConversationDetail } from '../../../lib/api/types'

export function conversationQuery(id: string) {
  return queryOptions({
    queryKey: keys.conversation(id),
    queryFn: ({ signal }) => call<ConversationDetail>('GET', `/conversations/${id}`, { signal }),
    staleTime: 30_000,
  })
}
