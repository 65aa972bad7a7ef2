// Edits, deletes, reactions and hiding, on what stands at the network already and where it can do it.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useProblemText } from '../../../components/use-problem-text'
import { call } from '../../../lib/api/client'
import { putMessage } from '../../../lib/api/conversation-cache'
import { keys } from '../../../lib/api/keys'
import type { Message } from '../../../lib/api/types'
import { say } from '../../../lib/toast'

export type MessageChange =
  | { verb: 'edit'; body: { body: string } }
  | { verb: 'reactions'; body: { kind: string; add: boolean } }
  | { verb: 'hiding'; body: { hidden: boolean } }
  | { verb: 'delete' }

export function useChangeMessage() {
  const client = useQueryClient()
  const describe = useProblemText()
  return useCallback(
    async (conversationId: string, messageId: string, change: MessageChange): Promise<boolean> => {
      try {
        const message =
          change.verb === 'delete'
            ? await call<Message | undefined>('DELETE', `/messages/${messageId}`)
            : await call<Message>('POST', `/messages/${messageId}/${change.verb}`, { body: change.body })
        if (message) putMessage(client, conversationId, message)
        else await client.invalidateQueries({ queryKey: keys.messages(conversationId) })
        return true
      } catch (problem) {
        say(describe(problem), { tone: 'trouble' })
        return false
      }
    },
    [client, describe],
  )
}
