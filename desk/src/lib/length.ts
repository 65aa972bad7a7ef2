// Counts a text as the network it goes to counts it, by the same rules as the server.
import type { Capability } from './api/types'
import { graphemes } from './graphemes'
import { weighAsMastodon } from './length-mastodon'
import { countSmsParts, countSmsUnits } from './length-sms'
import { weighAsX } from './length-x'

export function countLength(text: string, counts: Capability['counts']): number {
  switch (counts) {
    case 'graphemes':
      return graphemes(text).length
    case 'bytes':
      return countBytes(text)
    case 'weighted':
      return weighAsMastodon(text)
    case 'weighted_wide':
      return weighAsX(text)
    case 'utf16':
      return text.length
    case 'sms':
      return countSmsUnits(text)
    case 'characters':
      return Array.from(text).length
  }
}

export interface Measure {
  length: number
  limit: number | null
  /** In how many parts it leaves, where the network cuts texts. */
  parts: number | null
  /** What is too much, and of what; the sharper limit speaks. */
  over: { count: number; of: 'characters' | 'bytes' } | null
}

export function measure(text: string, capability: Pick<Capability, 'counts' | 'length' | 'bytes'>): Measure {
  const length = countLength(text, capability.counts)
  const tooMany = capability.length === null ? 0 : length - capability.length
  const bytes = capability.bytes === null ? 0 : countBytes(text) - capability.bytes
  const excess = tooMany > 0 ? tooMany : bytes
  const of = tooMany > 0 && capability.counts !== 'bytes' ? 'characters' : 'bytes'
  return {
    length,
    limit: capability.length,
    parts: capability.counts === 'sms' ? countSmsParts(text) : null,
    over: excess > 0 ? { count: excess, of } : null,
  }
}

function countBytes(text: string): number {
  return new TextEncoder().encode(text).length
}
