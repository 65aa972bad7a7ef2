// The text somebody is writing in a conversation: kept on this device with every pause, given back on return.
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Visibility } from '../../../lib/api/types'
import { forgetDraft, keepDraft, readDraft } from '../../../lib/drafts'

export interface Writing { visibility: Visibility; body: string; in_reply_to: string | null }

/** `first` is where to begin; it is taken once more when it is `sure`, unless somebody has begun by then. */
export function useDraft(conversationId: string, first: Visibility, sure: boolean) {
  const [writing, setWriting] = useState<Writing>(
    () => readDraft(conversationId) ?? { visibility: first, body: '', in_reply_to: null },
  )
  const [open, setOpen] = useState(() => !sure && readDraft(conversationId) === null)
  if (open && sure) {
    setOpen(false)
    setWriting({ ...writing, visibility: first })
  }
  const latest = useRef(writing)
  useEffect(() => {
    latest.current = writing
    const timer = setTimeout(() => keepDraft(conversationId, writing), 300)
    return () => clearTimeout(timer)
  }, [conversationId, writing])
  useEffect(() => () => keepDraft(conversationId, latest.current), [conversationId])

  const change = useCallback((part: Partial<Writing>) => {
    setOpen(false)
    setWriting((known) => ({ ...known, ...part }))
  }, [])
  const clear = useCallback(() => {
    latest.current = { ...latest.current, body: '', in_reply_to: null }
    setWriting(latest.current)
    forgetDraft(conversationId)
  }, [conversationId])
  return { writing, change, clear }
}
