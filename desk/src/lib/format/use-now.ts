// The present moment for relative times; everything on the screen ticks together every 15 seconds.
import { createStore, useStore } from '../store'

export const clock = createStore(Date.now())
setInterval(() => clock.write(Date.now()), 15_000)

export function useNow(): number {
  return useStore(clock)
}
