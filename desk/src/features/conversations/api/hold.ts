// Says to many at once when more will be said, and takes it back while it waits.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useProblemText } from '../../../components/use-problem-text'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { HoldingReplies, NewHoldingReplies } from '../../../lib/api/types'
import { say } from '../../../lib/toast'

export function useHold() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ body, idempotencyKey }: { body: NewHoldingReplies; idempotencyKey: string }) =>
      call<HoldingReplies>('POST', '/conversations/holding-replies', { body, idempotencyKey }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['messages'] }),
  })
}

export function useCallBackHolding() {
  const client = useQueryClient()
  const describe = useProblemText()
  return useCallback(
    async (messages: string[]): Promise<number> => {
      try {
        const back = await call<{ messages: string[] }>('POST', '/conversations/holding-replies/cancel', { body: { messages } })
        await client.invalidateQueries({ queryKey: ['messages'] })
        await client.invalidateQueries({ queryKey: keys.lists })
        return back.messages.length
      } catch (problem) {
        say(describe(problem), { tone: 'trouble' })
        return 0
      }
    },
    [client, describe],
  )
}
