// Keys about one message: the one that has the focus, else the newest that came from outside.
import { useEffect, useRef } from 'react'
import type { ConversationDetail, Message } from '../../../lib/api/types'
import { useShortcut } from '../../../lib/shortcuts/use-shortcut'
import { findAbilities, useMessageActs } from './use-message-acts'

type Able = 'react' | 'hide'

export function useMessageKeys(conversation: ConversationDetail, newestFirst: Message[]) {
  const acts = useMessageActs()
  const focused = useLastFocused()
  const can = (able: Able) => newestFirst.some((message) => findAbilities(conversation, message)[able])
  const find = (able: Able) => {
    const chosen = newestFirst.find((message) => message.id === focused())
    // What somebody points at and cannot be done there is not done somewhere else.
    if (chosen) return findAbilities(conversation, chosen)[able] ? chosen : undefined
    return newestFirst.find((message) => message.author.is_party && findAbilities(conversation, message)[able])
  }
  useShortcut('like', () => {
    const message = find('react')
    if (!message) return false
    void acts.react(conversation.id, message, 'like')
  }, can('react'))
  useShortcut('hide', () => {
    const message = find('hide')
    if (!message) return false
    void acts.hide(conversation.id, message, !message.hidden_at)
  }, can('hide'))
}

/** The message that has the focus, or had it before the palette took it. */
function useLastFocused(): () => string | null {
  const last = useRef<string | null>(null)
  useEffect(() => {
    const follow = (event: FocusEvent) => {
      const at = event.target instanceof Element ? event.target : null
      if (at?.closest('[role="dialog"],[role="menu"]')) return
      last.current = at?.closest('article')?.id.replace('message-', '') ?? null
    }
    document.addEventListener('focusin', follow)
    return () => document.removeEventListener('focusin', follow)
  }, [])
  return () => document.activeElement?.closest('article')?.id.replace('message-', '') ?? last.current
}
