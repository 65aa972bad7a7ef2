// Fetches earlier messages before one gets to the top, once one has begun to scroll; the button stays for the rest.
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'

const AHEAD_PX = 700

export function useEarlier(scroll: RefObject<HTMLElement | null>, more: boolean, onEarlier: () => Promise<unknown>) {
  const [loading, setLoading] = useState(false)
  const latest = useRef(onEarlier)
  useEffect(() => {
    latest.current = onEarlier
  })
  const load = useCallback(() => {
    setLoading(true)
    void latest.current().finally(() => setLoading(false))
  }, [])
  useEffect(() => {
    const box = scroll.current
    if (!box || !more || loading) return
    let last = box.scrollTop
    const onScroll = () => {
      const up = box.scrollTop < last
      last = box.scrollTop
      if (up && last < AHEAD_PX) load()
    }
    box.addEventListener('scroll', onScroll, { passive: true })
    return () => box.removeEventListener('scroll', onScroll)
  }, [scroll, more, loading, load])
  return { loading, load }
}
