// What can be done about a message on its way: try again, ask the network, call it back.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useProblemText } from '../../../components/use-problem-text'
import { call } from '../../../lib/api/client'
import { findMessage, putMessage } from '../../../lib/api/conversation-cache'
import type { Message } from '../../../lib/api/types'
import { say } from '../../../lib/toast'

export type DeliveryVerb = 'retry' | 'check' | 'cancel'

export function useDeliverMessage() {
  const client = useQueryClient()
  const describe = useProblemText()
  return useCallback(
    async (conversationId: string, messageId: string, verb: DeliveryVerb): Promise<Message | null> => {
      try {
        const before = findMessage(client, conversationId, messageId)
        const message = await call<Message>('POST', `/messages/${messageId}/${verb}`, { body: {} })
        // The stream may have told of what came next before this answer was read: then it knows better.
        if (findMessage(client, conversationId, messageId) === before) putMessage(client, conversationId, message)
        return message
      } catch (problem) {
        say(describe(problem), { tone: 'trouble' })
        return null
      }
    },
    [client, describe],
  )
}
