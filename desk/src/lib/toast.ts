// The line at the foot of the screen: what was just done, with undo, or what went wrong. One line at a time.
import { createStore } from './store'

export interface Toast {
  id: number
  text: string
  tone: 'done' | 'trouble'
  until: number
  undo?: () => void | Promise<void>
  action?: { label: string; run: () => void }
}

export const toastStore = createStore<Toast | null>(null)
let nextId = 1

interface Options {
  tone?: Toast['tone']
  seconds?: number
  undo?: Toast['undo']
  action?: Toast['action']
}

export function say(text: string, { tone = 'done', seconds = tone === 'trouble' ? 12 : 6, undo, action }: Options = {}) {
  const id = nextId++
  toastStore.write({ id, text, tone, until: Date.now() + seconds * 1000, undo, action })
  return id
}

export function hush(id?: number) {
  toastStore.write((shown) => (id === undefined || shown?.id === id ? null : shown))
}

/** Takes back the last thing done, once, while its line is shown. */
export async function undoLast() {
  const shown = toastStore.read()
  if (!shown?.undo) return
  hush(shown.id)
  await shown.undo()
}
