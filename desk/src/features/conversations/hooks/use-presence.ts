// Posts presence on every change and every 20 seconds while the tab is seen.
import { useEffect } from 'react'
import { createStore, useStore } from '../../../lib/store'
import { postPresence } from '../api/post-presence'

const EVERY_MS = 20_000
const TYPING_ENDS_MS = 5_000
const writing = createStore<string | null>(null)
let pause: ReturnType<typeof setTimeout> | undefined

/** Says that somebody is typing here now; silence of five seconds ends it. */
export function noteTyping(conversationId: string) {
  writing.write(conversationId)
  clearTimeout(pause)
  pause = setTimeout(() => writing.write(null), TYPING_ENDS_MS)
}

export function endTyping() {
  clearTimeout(pause)
  writing.write(null)
}

export function usePresence(conversationId: string | null) {
  const typingIn = useStore(writing)
  const activity = conversationId === null ? 'here' : typingIn === conversationId ? 'writing' : 'reading'
  useEffect(() => {
    const tell = () => {
      if (document.visibilityState === 'visible') void postPresence(conversationId, activity)
    }
    const onVisibility = () => {
      if (document.visibilityState === 'visible') tell()
      else void postPresence(null, 'gone')
    }
    tell()
    const timer = setInterval(tell, EVERY_MS)
    document.addEventListener('visibilitychange', onVisibility)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', onVisibility)
    }
  }, [conversationId, activity])
}
