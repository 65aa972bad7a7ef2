// What somebody has begun to write, kept per conversation and tab on this device until it is sent.
import type { Visibility } from './api/types'

const PREFIX = 'kulant.draft.'
const KEPT = 200

export interface Draft {
  visibility: Visibility
  body: string
  in_reply_to: string | null
  kept_at: number
}

export function readDraft(conversationId: string): Draft | null {
  try {
    const text = localStorage.getItem(PREFIX + conversationId)
    return text ? (JSON.parse(text) as Draft) : null
  } catch {
    return null
  }
}

export function keepDraft(conversationId: string, draft: Omit<Draft, 'kept_at'>) {
  try {
    if (draft.body.trim() === '') localStorage.removeItem(PREFIX + conversationId)
    else localStorage.setItem(PREFIX + conversationId, JSON.stringify({ ...draft, kept_at: Date.now() }))
  } catch {
    forgetOldest()
  }
}

export function forgetDraft(conversationId: string) {
  localStorage.removeItem(PREFIX + conversationId)
}

/** Takes all drafts away, so that the next person at this device does not find them. */
export function forgetAllDrafts() {
  for (const key of draftKeys()) localStorage.removeItem(key)
}

function draftKeys(): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))
}

function forgetOldest() {
  const keys = draftKeys()
  if (keys.length < KEPT) return
  const age = (key: string) => readDraft(key.slice(PREFIX.length))?.kept_at ?? 0
  for (const key of keys.toSorted((one, other) => age(one) - age(other)).slice(0, 20)) localStorage.removeItem(key)
}
