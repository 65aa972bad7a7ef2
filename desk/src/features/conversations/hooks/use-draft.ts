// The text somebody is writing in a conversation: kept on this device with every pause, given back on return.
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Visibility } from '../../../lib/api/types'
import { forgetDraft, keepDraft, readDraft } from '../../../lib/drafts'

export interface Writing { visibility: Visibility; body: string; in_reply_to: string | null }

export function useDraft(conversationId: string, first: Visibility) {
  const [writing, setWriting] = useState<Writing>(
    () => readDraft(conversationId) ?? { visibility: first, body: '', in_reply_to: null },
  )
  const latest = useRef(writing)
  useEffect(() => {
    latest.current = writing
    const timer = setTimeout(() => keepDraft(conversationId, writing), 300)
    return () => clearTimeout(timer)
  }, [conversationId, writing])
  useEffect(() => () => keepDraft(conversationId, latest.current), [conversationId])

  const change = useCallback((part: Partial<Writing>) => setWriting((known) => ({ ...known, ...part })), [])
  const clear = useCallback(() => {
    latest.current = { ...latest.current, body: '', in_reply_to: null }
    setWriting(latest.current)
    forgetDraft(conversationId)
  }, [conversationId])
  return { writing, change, clear }
}
