// Where the timeline stands: opens at the first unread or at the end, stays at the end while one is there, and keeps
// what one reads where it is when something above it changes: earlier messages, a font that came late.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { Message } from '../../../lib/api/types'

const NEAR_END = 80
/** So many entries from the top of what is seen are remembered: the first may be gone when runs grow together. */
const ANCHORS = 6

interface Place { atEnd: boolean; below: number; anchors: { entry: Element; top: number }[] }

export function useScrollPlace(messages: Message[], ready: boolean, firstUnreadId: string | null) {
  const scroll = useRef<HTMLDivElement>(null)
  const placed = useRef(false)
  const ends = useRef({ oldest: '', newest: '' })
  const place = useRef<Place>({ atEnd: true, below: 0, anchors: [] })
  const [behind, setBehind] = useState(0)
  const newest = messages[0]
  const oldestId = messages.at(-1)?.id ?? ''

  useLayoutEffect(() => {
    const box = scroll.current
    if (!box || !ready) return
    const last = ends.current
    if (!placed.current) {
      placed.current = true
      const mark = firstUnreadId ? box.querySelector<HTMLElement>('#first-unread') : null
      box.scrollTop = mark ? Math.max(0, mark.offsetTop - 60) : box.scrollHeight
    } else if (newest && newest.id !== last.newest) {
      if (place.current.atEnd || newest.id.startsWith('draft-')) box.scrollTop = box.scrollHeight
      else if (newest.direction === 'in') setBehind((count) => count + 1)
    } else if (oldestId !== last.oldest) hold(box, place.current)
    ends.current = { oldest: oldestId, newest: newest?.id ?? '' }
    place.current = look(box)
  }, [ready, oldestId, newest, firstUnreadId, messages])

  useEffect(() => {
    const box = scroll.current
    if (!box || typeof ResizeObserver === 'undefined') return
    const observer = new ResizeObserver(() => {
      if (!placed.current) return
      hold(box, place.current)
      place.current = look(box)
    })
    observer.observe(box)
    if (box.firstElementChild) observer.observe(box.firstElementChild)
    return () => observer.disconnect()
  }, [])

  const onScroll = useCallback(() => {
    const box = scroll.current
    if (!box || !placed.current) return
    place.current = look(box)
    if (place.current.atEnd) setBehind(0)
  }, [])
  const toEnd = useCallback(() => {
    scroll.current?.scrollTo({ top: scroll.current.scrollHeight })
    setBehind(0)
  }, [])
  /** Somebody goes to a place by themselves: what is drawn next must not pull them to the end. */
  const moving = useCallback(() => {
    place.current.atEnd = false
  }, [])
  return { scroll, onScroll, behind, toEnd, moving }
}

/** What stands where just now. */
function look(box: HTMLElement): Place {
  const below = box.scrollHeight - box.scrollTop - box.clientHeight
  const edge = box.getBoundingClientRect().top
  const entries = box.firstElementChild?.children ?? []
  let first = 0
  for (let end = entries.length; first < end; ) {
    const middle = (first + end) >> 1
    if ((entries[middle] as Element).getBoundingClientRect().bottom > edge) end = middle
    else first = middle + 1
  }
  const anchors = Array.from(entries).slice(first, first + ANCHORS).map((entry) => ({ entry, top: entry.getBoundingClientRect().top - edge }))
  return { atEnd: below < NEAR_END, below, anchors }
}

/** Puts what was seen back to where it was: from the end for whoever is there, else from the first entry in sight. */
function hold(box: HTMLElement, { atEnd, below, anchors }: Place) {
  if (atEnd) {
    box.scrollTop = box.scrollHeight - box.clientHeight - below
    return
  }
  const anchor = anchors.find(({ entry }) => entry.isConnected)
  if (anchor) box.scrollTop += anchor.entry.getBoundingClientRect().top - box.getBoundingClientRect().top - anchor.top
}
