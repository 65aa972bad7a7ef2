// Writes a call down; the conversation that it stands in comes back.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import { putConversation } from '../../../lib/api/conversation-cache'
import { channelsQuery, useInboxes } from '../../../lib/api/directory'
import { keys } from '../../../lib/api/keys'
import type { Conversation, Inbox, NewCall } from '../../../lib/api/types'

/** The inboxes in which calls are written down; of one brand alone, where one is named. */
export function useCallInboxes(brand?: string): Inbox[] {
  const { data: channels = [] } = useQuery(channelsQuery)
  const takers = new Set(channels.filter((channel) => channel.capabilities?.calls).map((channel) => channel.channel))
  return useInboxes().filter((inbox) => takers.has(inbox.channel) && inbox.state !== 'paused' && (!brand || inbox.brand.id === brand))
}

export function useNoteCall() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ inbox, body, idempotencyKey }: { inbox: string; body: NewCall; idempotencyKey: string }) =>
      call<Conversation>('POST', `/inboxes/${inbox}/calls`, { body, idempotencyKey }),
    onSuccess: (conversation) => {
      putConversation(client, conversation, true)
      void client.invalidateQueries({ queryKey: keys.messages(conversation.id) })
      void client.invalidateQueries({ queryKey: keys.counts })
    },
  })
}
