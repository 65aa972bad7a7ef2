// Binds keys to handlers. One listener for the whole desk; single letters stay silent while somebody types
// and can be switched off altogether (WCAG 2.1.4).
import { useLayoutEffect, useRef } from 'react'
import { isApple, KEYMAP, type ShortcutId } from './keymap'

type Handler = (event: KeyboardEvent) => void | false
const handlers = new Map<ShortcutId, Handler[]>()
const SEQUENCE_MS = 1200
let singleKeys = true
let prefix: { key: string; at: number } | null = null

export function allowSingleKeys(allowed: boolean) {
  singleKeys = allowed
}

/**
 * Runs the handler when the keys are pressed; the latest mounted wins, `false` passes on to the one before.
 * Bound before the screen is painted: a key works as soon as what it is for can be seen.
 */
export function useShortcut(id: ShortcutId, handler: Handler, active = true) {
  const latest = useRef(handler)
  useLayoutEffect(() => {
    latest.current = handler
  })
  useLayoutEffect(() => {
    if (!active) return
    const run: Handler = (event) => latest.current(event)
    handlers.set(id, [...(handlers.get(id) ?? []), run])
    return () => {
      handlers.set(id, (handlers.get(id) ?? []).filter((item) => item !== run))
    }
  }, [id, active])
}

export function runShortcut(id: ShortcutId, event: KeyboardEvent): boolean {
  for (const handler of (handlers.get(id) ?? []).toReversed()) {
    if (handler(event) !== false) return true
  }
  return false
}

/** Whether the keys would do something now. */
export function isBound(id: ShortcutId): boolean {
  return (handlers.get(id) ?? []).length > 0
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}

function inOverlay(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role="dialog"],[role="menu"],[role="listbox"]') !== null
}

function fits(pressed: string, event: KeyboardEvent): boolean {
  const parts = pressed.split('+')
  const key = parts.at(-1) ?? ''
  const mod = isApple ? event.metaKey : event.ctrlKey
  if (parts.includes('Mod') !== mod || event.altKey) return false
  if (key.length > 1 || parts.includes('Shift')) {
    if (parts.includes('Shift') !== event.shiftKey) return false
  } else if (/[a-z]/.test(key) && event.shiftKey) return false
  return event.key.toLowerCase() === key.toLowerCase()
}

/** Which shortcut a key press means, given what was pressed just before it. */
export function findShortcut(event: KeyboardEvent): ShortcutId | null {
  const typing = isTyping(event.target)
  const before = prefix && Date.now() - prefix.at < SEQUENCE_MS ? prefix.key : null
  prefix = null
  for (const { id, keys } of KEYMAP) {
    const single = !keys[0].includes('Mod') && keys[0] !== 'Escape'
    // What lies on top is left by Escape alone; the screen below stays.
    if ((single || keys[0] === 'Escape') && inOverlay(event.target)) continue
    if (single && typing) continue
    if (single && !singleKeys && keys[0] !== 'Enter') continue
    const last = keys.at(-1) as string
    const sequence = keys.length === 2
    if (sequence ? before === keys[0] && fits(last, event) : before === null && fits(last, event)) return id
  }
  if (!typing && singleKeys && fits('g', event)) prefix = { key: 'g', at: Date.now() }
  return null
}

export function listenToKeys(): () => void {
  const listen = (event: KeyboardEvent) => {
    if (event.isComposing || event.defaultPrevented) return
    const id = findShortcut(event)
    if (id && runShortcut(id, event)) event.preventDefault()
  }
  window.addEventListener('keydown', listen)
  return () => window.removeEventListener('keydown', listen)
}
