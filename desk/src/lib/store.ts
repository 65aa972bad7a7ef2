// A value outside React that components can follow; for what is neither server state nor in the URL.
import { useSyncExternalStore } from 'react'

export interface Store<T> {
  read: () => T
  write: (value: T | ((known: T) => T)) => void
  follow: (listener: () => void) => () => void
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial
  const listeners = new Set<() => void>()
  return {
    read: () => value,
    write: (next) => {
      const changed = typeof next === 'function' ? (next as (known: T) => T)(value) : next
      if (Object.is(changed, value)) return
      value = changed
      for (const listener of listeners) listener()
    },
    follow: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.follow, store.read)
}
