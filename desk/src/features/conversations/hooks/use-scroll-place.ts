// Where the timeline stands: opens at the first unread or at the end, stays at the end while one is there,
// and keeps its place when earlier messages come in above.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { Message } from '../../../lib/api/types'

const NEAR_END = 80

export function useScrollPlace(messages: Message[], ready: boolean, firstUnreadId: string | null) {
  const scroll = useRef<HTMLDivElement>(null)
  const placed = useRef(false)
  const before = useRef({ oldest: '', newest: '', height: 0, atEnd: true, below: 0 })
  const [behind, setBehind] = useState(0)
  const newest = messages[0]
  const oldestId = messages.at(-1)?.id ?? ''

  useLayoutEffect(() => {
    const box = scroll.current
    if (!box || !ready) return
    const last = before.current
    if (!placed.current) {
      placed.current = true
      const mark = firstUnreadId ? box.querySelector('#first-unread') : null
      if (mark) {
        box.scrollTop = Math.max(0, (mark as HTMLElement).offsetTop - 60)
        last.below = box.scrollHeight - box.scrollTop - box.clientHeight
        last.atEnd = last.below < NEAR_END
      } else box.scrollTop = box.scrollHeight
    } else if (oldestId !== last.oldest && newest?.id === last.newest) {
      box.scrollTop += box.scrollHeight - last.height
    } else if (newest && newest.id !== last.newest) {
      if (last.atEnd || newest.id.startsWith('draft-')) {
        box.scrollTop = box.scrollHeight
        last.below = 0
      } else if (newest.direction === 'in') setBehind((count) => count + 1)
    }
    before.current = { oldest: oldestId, newest: newest?.id ?? '', height: box.scrollHeight, atEnd: last.atEnd, below: last.below }
  }, [ready, oldestId, newest, firstUnreadId, messages])

  useEffect(() => {
    const box = scroll.current
    if (!box || typeof ResizeObserver === 'undefined') return
    const observer = new ResizeObserver(() => {
      // As far above the end as it was: whoever has just opened the first unread is not pulled past it.
      if (before.current.atEnd) box.scrollTop = box.scrollHeight - box.clientHeight - before.current.below
    })
    observer.observe(box)
    if (box.firstElementChild) observer.observe(box.firstElementChild)
    return () => observer.disconnect()
  }, [])

  const onScroll = useCallback(() => {
    const box = scroll.current
    if (!box) return
    const below = box.scrollHeight - box.scrollTop - box.clientHeight
    const atEnd = below < NEAR_END
    before.current.atEnd = atEnd
    before.current.below = below
    before.current.height = box.scrollHeight
    if (atEnd) setBehind(0)
  }, [])
  const toEnd = useCallback(() => {
    scroll.current?.scrollTo({ top: scroll.current.scrollHeight })
    setBehind(0)
  }, [])
  /** Somebody goes to a place by themselves: what is drawn next must not pull them to the end. */
  const moving = useCallback(() => {
    before.current.atEnd = false
  }, [])
  return { scroll, onScroll, behind, toEnd, moving }
}
