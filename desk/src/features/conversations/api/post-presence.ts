// Tells colleagues where one is and whether one is writing. Never stored, so failures are of no account.
import { call } from '../../../lib/api/client'
import type { Activity } from '../../../lib/api/types'

export function postPresence(conversationId: string | null, activity: Activity): Promise<void> {
  return call<void>('POST', '/presence', { body: { conversation_id: conversationId, activity } }).catch(() => undefined)
}
