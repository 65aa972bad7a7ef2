// Marks a conversation read or unread for the signed-in agent; no version, nobody can lose a race here.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { call } from '../../../lib/api/client'
import { putConversation } from '../../../lib/api/conversation-cache'
import { keys } from '../../../lib/api/keys'
import type { Conversation } from '../../../lib/api/types'

export function useMarkRead() {
  const client = useQueryClient()
  return useCallback(
    async (conversation: Conversation, read: boolean) => {
      putConversation(client, { ...conversation, unread: !read }, true)
      try {
        await call('POST', `/conversations/${conversation.id}/${read ? 'read' : 'unread'}`, { body: {} })
        void client.invalidateQueries({ queryKey: keys.counts })
      } catch {
        putConversation(client, { ...conversation, unread: read }, true)
      }
    },
    [client],
  )
}
