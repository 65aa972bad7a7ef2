// Where a reply goes: which message it answers, under which account, to whom, and whether it may go at all. Pure.
import type { Capability, ConversationDetail, Message, Visibility } from '../../../lib/api/types'

export interface Target {
  capability: Capability | null
  account: string | null
  to: string | null
  answers: Message | null
  /** Why nothing can be sent: the channel has no such visibility, or it is closed now. */
  blocked: 'no_such' | 'closed' | null
  /** The key of the words that say why it is closed. */
  reason: string | null
  /** Whether a text that the network has approved may go out all the same. */
  templates: boolean
  /** How others see what is written here: an answer that only leads into private is read by all. */
  shown: Visibility | 'link'
}

const WINDOW_CLOSED = 'channel.reason.reply_window_closed'
const TOO_LATE = 'channel.reason.private_reply_too_late'

export function findTarget(
  conversation: ConversationDetail,
  newestFirst: Message[],
  visibility: Visibility,
  inReplyTo: string | null,
  now: number,
): Target {
  if (visibility === 'note') {
    return { capability: null, account: null, to: null, answers: null, blocked: null, reason: null, templates: false, shown: 'note' }
  }
  const capability = conversation.capabilities?.[visibility] ?? null
  const known = conversation.reply_target?.[visibility] ?? null
  const answered = answeredVisibility(capability, visibility)
  const incoming = newestFirst.filter((item) => item.direction === 'in' && item.visibility === answered && item.deleted_at === null)
  const answers =
    incoming.find((item) => item.id === inReplyTo) ?? incoming.find((item) => item.author.is_party) ?? incoming[0] ?? null
  const to = answers ? (answers.author.handle ?? answers.author.name) : null
  const reason = closedBecause(capability, now)
  return {
    capability,
    account: known?.account ?? conversation.inbox.name,
    to: to ?? known?.to ?? null,
    answers,
    blocked: capability === null ? 'no_such' : capability.send && reason === null ? null : 'closed',
    reason,
    templates: Boolean(capability?.templates) && reason === WINDOW_CLOSED,
    shown: visibility === 'private' && capability?.hand_over === 'link' ? 'link' : visibility,
  }
}

/** In which visibility the message stands that is answered: who hands over answers in private what was said in public. */
export function answeredVisibility(capability: Capability | null, visibility: Visibility): Visibility {
  return visibility === 'private' && capability?.hand_over ? 'public' : visibility
}

/** Why nothing may be sent now: the server's reason, or that the time ran out since it was asked. */
function closedBecause(capability: Capability | null, now: number): string | null {
  if (!capability) return null
  if (capability.reason) return capability.reason
  const over = capability.until !== null && Date.parse(capability.until) <= now
  return over ? (capability.hand_over ? TOO_LATE : WINDOW_CLOSED) : null
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
