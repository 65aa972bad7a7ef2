// Says a text on several accounts, and decides about what is on its way: again, looked for, called back.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useProblemText } from '../../../components/use-problem-text'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Announcement, Message, NewAnnouncement } from '../../../lib/api/types'
import { say } from '../../../lib/toast'

/** Long enough to see that it was the wrong account. */
export const UNDO_SECONDS = 5

export function useAnnounce() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ body, idempotencyKey, keepWords }: { body: NewAnnouncement; idempotencyKey: string; keepWords: () => Promise<void> }) => {
      await keepWords()
      return call<Announcement>('POST', '/posts', {
        idempotencyKey,
        body: { ...body, send_at: body.send_at ?? new Date(Date.now() + UNDO_SECONDS * 1000).toISOString() },
      })
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keys.announcements }),
  })
}

export type Verb = 'retry' | 'check' | 'cancel'

export function useDecide() {
  const client = useQueryClient()
  const describe = useProblemText()
  return useCallback(
    async (messages: Pick<Message, 'id'>[], verb: Verb): Promise<void> => {
      const done = await Promise.allSettled(messages.map(({ id }) => call<Message>('POST', `/messages/${id}/${verb}`, { body: {} })))
      const failed = done.find((one) => one.status === 'rejected')
      if (failed) say(describe(failed.reason), { tone: 'trouble' })
      await client.invalidateQueries({ queryKey: keys.announcements })
    },
    [client, describe],
  )
}
