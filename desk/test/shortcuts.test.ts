// Which key means what where: what lies on top keeps its keys to itself.
import { describe, expect, it } from 'vitest'
import { findShortcut } from '../src/lib/shortcuts/use-shortcut'

function press(key: string, place: Element) {
  let found: string | null = null
  const hear = (event: Event) => (found = findShortcut(event as KeyboardEvent))
  window.addEventListener('keydown', hear)
  place.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
  window.removeEventListener('keydown', hear)
  return found
}

describe('keys', () => {
  it('leave the conversation open when Escape closes what lies over it', () => {
    document.body.innerHTML = '<main tabindex="-1"></main><div role="dialog"><input></div>'
    const [main, input] = ['main', 'input'].map((name) => document.querySelector(name) as Element)
    expect(press('Escape', main as Element)).toBe('back')
    expect(press('Escape', input as Element)).toBeNull()
    expect(press('e', main as Element)).toBe('resolve')
    expect(press('e', input as Element)).toBeNull()
  })
})
