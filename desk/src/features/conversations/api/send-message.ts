// Sends a message: shown at once, held back five seconds for undo, kept with its text if it cannot be handed over.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { call, newIdempotencyKey, Problem } from '../../../lib/api/client'
import { dropMessage, putMessage } from '../../../lib/api/conversation-cache'
import type { ConversationDetail, Message, NewMessage, SessionAgent } from '../../../lib/api/types'

export const UNDO_SECONDS = 5
const TRIES = 3

export function useSendMessage() {
  const client = useQueryClient()
  return useCallback(
    async (conversation: ConversationDetail, agent: SessionAgent, draft: NewMessage): Promise<Message> => {
      const note = draft.visibility === 'note'
      const key = newIdempotencyKey()
      const body: NewMessage = note ? draft : { ...draft, send_at: draft.send_at ?? new Date(Date.now() + UNDO_SECONDS * 1000).toISOString() }
      const shown = preview(conversation, agent, body, key)
      putMessage(client, conversation.id, shown)
      try {
        const message = await post(conversation.id, body, key)
        putMessage(client, conversation.id, message, shown.id)
        return message
      } catch (problem) {
        dropMessage(client, conversation.id, shown.id)
        throw problem
      }
    },
    [client],
  )
}

/** Repeats under one key while the server cannot be reached; the key makes the repetition harmless. */
async function post(conversationId: string, body: NewMessage, idempotencyKey: string): Promise<Message> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call<Message>('POST', `/conversations/${conversationId}/messages`, { body, idempotencyKey })
    } catch (problem) {
      const passing = problem instanceof Problem && (problem.status === 0 || problem.status === 503)
      if (!passing || attempt === TRIES) throw problem
      await new Promise((resume) => setTimeout(resume, attempt * 600))
    }
  }
}

function preview(conversation: ConversationDetail, agent: SessionAgent, draft: NewMessage, key: string): Message {
  const now = new Date().toISOString()
  return {
    id: `draft-${key}`,
    conversation_id: conversation.id,
    direction: 'out',
    visibility: draft.visibility,
    body: draft.body,
    kind: null,
    author: { id: null, name: null, handle: null, is_party: false, is_agent: true, agent_name: agent.name },
    in_reply_to: draft.in_reply_to ?? null,
    depth: draft.in_reply_to ? 1 : 0,
    found: false,
    network_id: null,
    url: null,
    inbox: conversation.inbox,
    platform_at: now,
    received_at: now,
    stored_at: now,
    edited_at: null,
    deleted_at: null,
    hidden_at: null,
    figures: null,
    delivery:
      draft.visibility === 'note'
        ? null
        : { state: 'queued', send_at: draft.send_at ?? null, sent_at: null, attempts: 0, next_attempt_at: null, can_check: false, reason: null },
    attachments: [],
    reactions: [],
    mentions: draft.mentions ?? [],
  }
}
