// Goes to the next or previous message that wants an answer: opens its run, brings it into sight and focuses it,
// so that the keys for answering mean this very message.
import type { RefObject } from 'react'
import { flushSync } from 'react-dom'
import type { Message } from '../../../lib/api/types'
import { useShortcut } from '../../../lib/shortcuts/use-shortcut'
import type { Entry } from './build-timeline'

type Show = (messages: Message[], index: number | null) => void

export function useNextQuestion(scroll: RefObject<HTMLElement | null>, entries: Entry[], questions: string[], show: Show, moving: () => void) {
  const go = (step: 1 | -1) => {
    const id = choose(scroll.current, entries, questions, step)
    if (!id) return
    moving()
    for (const entry of entries) {
      if (entry.type !== 'bystanders' || document.getElementById(`message-${id}`)) continue
      const index = entry.messages.findIndex((message) => message.id === id)
      // Drawn at once: the next key may be the one that answers, and it means the message that has the focus.
      if (index >= 0) flushSync(() => show(entry.messages, index))
    }
    const article = document.getElementById(`message-${id}`)
    article?.scrollIntoView({ block: 'center' })
    article?.focus({ preventScroll: true })
  }
  useShortcut('next_question', () => go(1), questions.length > 0)
  useShortcut('previous_question', () => go(-1), questions.length > 0)
}

/** From the message that has the focus, else from where reading stands; at the end it begins again. */
function choose(box: HTMLElement | null, entries: Entry[], questions: string[], step: 1 | -1): string | undefined {
  const order = entries.flatMap((entry) => (entry.type === 'message' ? [entry.message.id] : entry.type === 'bystanders' ? entry.messages.map((message) => message.id) : []))
  const places = new Map(order.map((id, index) => [id, index]))
  const focused = document.activeElement?.closest('article')?.id.replace('message-', '')
  const here = focused ? places.get(focused) : undefined
  if (here === undefined && box) return firstInSight(box, questions) ?? questions[0]
  const from = here ?? -1
  const known = questions.filter((id) => places.has(id))
  const next = step === 1 ? known.find((id) => (places.get(id) ?? 0) > from) : known.findLast((id) => (places.get(id) ?? 0) < from)
  return next ?? known.at(step === 1 ? 0 : -1)
}

function firstInSight(box: HTMLElement, questions: string[]): string | undefined {
  const top = box.getBoundingClientRect().top
  const drawn = questions.filter((id) => document.getElementById(`message-${id}`))
  return drawn.find((id) => (document.getElementById(`message-${id}`)?.getBoundingClientRect().bottom ?? 0) > top + 8)
}
