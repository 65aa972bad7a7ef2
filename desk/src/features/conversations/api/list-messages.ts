// The messages of a conversation, from the newest page back; the timeline turns them round.
import { infiniteQueryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Message, Page } from '../../../lib/api/types'

/** The first page is drawn at once; who reads farther back wants more at a time. */
const FIRST_PAGE = 100
const LATER_PAGES = 200

export function messagesQuery(conversationId: string) {
  return infiniteQueryOptions({
    queryKey: keys.messages(conversationId),
    queryFn: ({ pageParam, signal }) =>
      call<Page<Message>>('GET', `/conversations/${conversationId}/messages`, {
        signal,
        query: { order: 'newest', limit: pageParam ? LATER_PAGES : FIRST_PAGE, cursor: pageParam },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 30_000,
    refetchOnWindowFocus: false,
  })
}
