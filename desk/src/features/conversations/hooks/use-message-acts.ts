// Liking a message and hiding a comment from the public, where the network can: done at once, taken back by undo.
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { ConversationDetail, Message } from '../../../lib/api/types'
import { say } from '../../../lib/toast'
import { type MessageChange, useChangeMessage } from '../api/change-message'

/** What the network lets us do about somebody's message. */
export function findAbilities(conversation: ConversationDetail, message: Message): { react: boolean; hide: boolean } {
  const { direction, visibility, deleted_at: gone } = message
  const side = direction === 'in' && !gone && visibility !== 'note' ? conversation.capabilities?.[visibility] : null
  return { react: Boolean(side?.reactions), hide: visibility === 'public' && Boolean(side?.hide) }
}

/** Whether a reaction of this kind is from us. */
export function isOurs(message: Message, kind: string): boolean {
  return message.reactions.some((reaction) => reaction.kind === kind && reaction.ours)
}

export function useMessageActs() {
  const { t } = useTranslation()
  const change = useChangeMessage()
  return useMemo(() => {
    const run = async (conversationId: string, message: Message, wanted: MessageChange, reverse: MessageChange, said: string) => {
      const done = await change(conversationId, message.id, wanted)
      if (done) say(said, { undo: async () => void (await change(conversationId, message.id, reverse)) })
    }
    return {
      /** Reacts, or takes the reaction back where it is there already. */
      react: (conversationId: string, message: Message, kind: string) => {
        const reaction = (add: boolean): MessageChange => ({ verb: 'reactions', body: { kind, add } })
        const add = !isOurs(message, kind)
        return run(conversationId, message, reaction(add), reaction(!add), t(add ? 'desk.did.reacted' : 'desk.did.unreacted', { kind: t(`desk.reaction.${kind}`), name: message.inbox.name }))
      },
      hide: (conversationId: string, message: Message, hidden: boolean) => {
        const hide = (on: boolean): MessageChange => ({ verb: 'hiding', body: { hidden: on } })
        return run(conversationId, message, hide(hidden), hide(!hidden), t(hidden ? 'desk.did.hidden' : 'desk.did.unhidden', { name: message.inbox.name }))
      },
    }
  }, [change, t])
}
