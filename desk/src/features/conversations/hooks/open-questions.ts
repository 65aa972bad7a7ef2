// Which incoming messages still wait for a word of ours. Pure.
import type { Message } from '../../../lib/api/types'

const ASKING = new Set(['request', 'question', 'complaint'])

/**
 * What the party said since our last words to them, and of what others said whatever asks: by its kind, or by a
 * question mark where nobody has said what kind it is. A message that one of ours answers is never among them.
 */
export function findOpenQuestions(newestFirst: Message[]): string[] {
  const answered = new Set<string>()
  let spoken = false
  const open: string[] = []
  for (const message of newestFirst) {
    if (message.visibility === 'note' || message.delivery?.state === 'cancelled') continue
    if (message.direction === 'out') {
      if (message.in_reply_to) answered.add(message.in_reply_to)
      spoken = true
      continue
    }
    if (message.deleted_at !== null || answered.has(message.id) || message.author.is_agent) continue
    if (message.author.is_party ? !spoken : asks(message)) open.push(message.id)
  }
  return open.toReversed()
}

function asks(message: Message): boolean {
  return message.kind ? ASKING.has(message.kind) : message.body.includes('?')
}
