// Which rows of the list are selected for one step over all of them; lives as long as the list it was made in.
import { createStore } from '../../../lib/store'

export const selectionStore = createStore<string[]>([])
let last: string | null = null

/** Selects a row or lets it go; with `range`, everything from the row before up to it. */
export function select(id: string, order: string[], range = false) {
  const from = last === null ? -1 : order.indexOf(last)
  const to = order.indexOf(id)
  last = id
  selectionStore.write((known) => {
    if (range && from >= 0 && to >= 0) {
      const between = order.slice(Math.min(from, to), Math.max(from, to) + 1)
      return [...known, ...between.filter((one) => !known.includes(one))]
    }
    return known.includes(id) ? known.filter((one) => one !== id) : [...known, id]
  })
}

export function selectNone() {
  last = null
  selectionStore.write([])
}
