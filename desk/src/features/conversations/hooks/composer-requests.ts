// Lets keys, buttons and undo ask the composer for something: a tab, a message to reply to, a text to have back.
import { createStore } from '../../../lib/store'
import type { Visibility } from '../../../lib/api/types'

export interface ComposerRequest {
  conversation_id: string
  visibility?: Visibility
  in_reply_to?: string | null
  body?: string
}

export const composerRequests = createStore<ComposerRequest | null>(null)

export function askComposer(request: ComposerRequest) {
  composerRequests.write(request)
}
