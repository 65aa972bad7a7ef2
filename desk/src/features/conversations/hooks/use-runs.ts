// Which folded runs of bystanders are open, and how far. A run is known by one of its messages, so that it stays
// open when earlier or later messages join it.
import { useCallback, useState } from 'react'
import type { Message } from '../../../lib/api/types'

/** So many messages of an open run are drawn at a time; the rest follows as one scrolls towards it. */
const STEP = 40
interface OpenRun { anchor: string; through: string }

export function useRuns() {
  const [runs, setRuns] = useState<OpenRun[]>([])
  const shown = useCallback(
    (messages: Message[]): number => {
      const ids = new Map(messages.map((message, index) => [message.id, index]))
      const run = runs.find((item) => ids.has(item.anchor))
      return run ? Math.min(messages.length, (ids.get(run.through) ?? STEP - 1) + 1) : 0
    },
    [runs],
  )
  /** Opens the run as far as the message at `index` and a step beyond it; folds it again where there is none. */
  const show = useCallback((messages: Message[], index: number | null) => {
    const ids = new Set(messages.map((message) => message.id))
    setRuns((known) => {
      const others = known.filter((item) => !ids.has(item.anchor))
      const through = messages[Math.min(messages.length - 1, (index ?? 0) + STEP)]
      const anchor = messages[0]
      return index === null || !through || !anchor ? others : [...others, { anchor: anchor.id, through: through.id }]
    })
  }, [])
  return { shown, show }
}
