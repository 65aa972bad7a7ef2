// Calls back a message that has not left yet and gives its text back to the composer.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { dropMessage } from '../../../lib/api/conversation-cache'
import type { Message } from '../../../lib/api/types'
import { hush, say } from '../../../lib/toast'
import { useDeliverMessage } from '../api/deliver-message'
import { askComposer } from './composer-requests'

export function useCallBack() {
  const client = useQueryClient()
  const { t } = useTranslation()
  const deliver = useDeliverMessage()
  return useCallback(
    async (conversationId: string, message: Message): Promise<boolean> => {
      hush()
      if (message.id.startsWith('draft-')) return false
      const answer = await deliver(conversationId, message.id, 'cancel')
      if (answer?.delivery?.state !== 'cancelled') return false
      dropMessage(client, conversationId, message.id)
      askComposer({
        conversation_id: conversationId,
        visibility: message.visibility,
        in_reply_to: message.in_reply_to,
        body: message.body,
      })
      say(t('desk.did.called_back'))
      return true
    },
    [client, deliver, t],
  )
}
