// Gives jsdom what browsers have and it lacks, and starts every test clean.
import { cleanup, configure } from '@testing-library/react'
import { afterEach, vi } from 'vitest'

class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
}
window.ResizeObserver = Observer as unknown as typeof ResizeObserver
window.IntersectionObserver = Observer as unknown as typeof IntersectionObserver
window.matchMedia = ((query: string) => ({
  matches: query.includes('min-width'),
  media: query,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  addListener: () => undefined,
  removeListener: () => undefined,
})) as unknown as typeof window.matchMedia
Object.defineProperty(document, 'fonts', { configurable: true, value: new EventTarget() })
URL.createObjectURL = () => 'blob:desk'
URL.revokeObjectURL = () => undefined
window.scrollTo = () => undefined
Element.prototype.scrollIntoView = () => undefined
Element.prototype.scrollTo = () => undefined
for (const [name, value] of [['offsetHeight', 800], ['offsetWidth', 360], ['clientHeight', 800], ['clientWidth', 360]] as const) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, value })
}
configure({ asyncUtilTimeout: 3000, getElementError: (message) => new Error(message ?? 'not found') })

afterEach(() => {
  cleanup()
  localStorage.clear()
  vi.useRealTimers()
})
