// Whether the right panel and, on small screens, the navigation are open; kept on this device.
import { createStore, useStore } from '../lib/store'

const WIDE = '(min-width: 1280px)'
export const isWide = () => window.matchMedia(WIDE).matches

export const panelStore = createStore(isWide() && localStorage.getItem('kulant.panel') !== 'closed')
export const navStore = createStore(false)

export function togglePanel() {
  panelStore.write((open) => {
    if (isWide()) localStorage.setItem('kulant.panel', open ? 'closed' : 'open')
    return !open
  })
}

export const usePanel = () => useStore(panelStore)

window.matchMedia(WIDE).addEventListener('change', (event) => {
  panelStore.write(event.matches && localStorage.getItem('kulant.panel') !== 'closed')
})
