// Where a reply goes: which message it answers, under which account, to whom, and whether it may go at all. Pure.
import type { Capability, ConversationDetail, Message, Visibility } from '../../../lib/api/types'

export interface Target {
  capability: Capability | null
  account: string | null
  to: string | null
  answers: Message | null
  /** Why nothing can be sent: the channel has no such visibility, or it is closed now. */
  blocked: 'no_such' | 'closed' | null
}

export function findTarget(
  conversation: ConversationDetail,
  newestFirst: Message[],
  visibility: Visibility,
  inReplyTo: string | null,
): Target {
  if (visibility === 'note') return { capability: null, account: null, to: null, answers: null, blocked: null }
  const capability = conversation.capabilities?.[visibility] ?? null
  const known = conversation.reply_target?.[visibility] ?? null
  const incoming = newestFirst.filter((item) => item.direction === 'in' && item.visibility === visibility && item.deleted_at === null)
  const answers =
    incoming.find((item) => item.id === inReplyTo) ?? incoming.find((item) => item.author.is_party) ?? incoming[0] ?? null
  const to = answers ? (answers.author.handle ?? answers.author.name) : null
  return {
    capability,
    account: known?.account ?? conversation.inbox.name,
    to: to ?? known?.to ?? null,
    answers,
    blocked: capability === null ? 'no_such' : capability.send ? null : 'closed',
  }
}

/** The tab to begin with: where the party spoke last, if we can answer there. */
export function firstVisibility(conversation: ConversationDetail, newestFirst: Message[]): Visibility {
  const newest = newestFirst.find((item) => item.direction === 'in' && item.author.is_party) ?? newestFirst[0]
  const spoken = newest && newest.visibility !== 'note' ? newest.visibility : null
  const wanted = spoken ?? (conversation.visibility === 'public' ? 'public' : 'private')
  for (const visibility of [wanted, 'public', 'private'] as const) {
    if (conversation.capabilities?.[visibility]?.send) return visibility
  }
  return wanted
}
