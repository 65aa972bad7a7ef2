// Fetches the conversations around the open one ahead, so that moving on shows something at once.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Conversation } from '../../../lib/api/types'
import { conversationQuery } from '../api/find-conversation'
import { messagesQuery } from '../api/list-messages'

export function useNeighbours(rows: Conversation[], index: number) {
  const client = useQueryClient()
  const around = [rows[index], rows[index + 1], rows[index - 1]].map((row) => row?.id).join(' ')
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const id of around.split(' ').filter(Boolean)) {
        void client.prefetchQuery(conversationQuery(id))
        void client.prefetchInfiniteQuery(messagesQuery(id))
      }
    }, 60)
    return () => clearTimeout(timer)
  }, [client, around])
}
