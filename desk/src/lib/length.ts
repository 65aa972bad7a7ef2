// Counts a text as the network it goes to counts it.
import type { Capability } from './api/types'

const LINK = /https?:\/\/\S+/g
const LINK_WEIGHT = 23
const EMOJI = /\p{Extended_Pictographic}/u

function graphemes(text: string): string[] {
  return Array.from(new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text), (part) => part.segment)
}

/** Latin letters, punctuation and the like weigh 1, everything else 2, a link always 23. */
function weighted(text: string): number {
  const links = text.match(LINK) ?? []
  let weight = links.length * LINK_WEIGHT
  for (const part of graphemes(text.replace(LINK, '').normalize('NFC'))) {
    if (EMOJI.test(part)) {
      weight += 2
      continue
    }
    for (const char of part) {
      const point = char.codePointAt(0) ?? 0
      const light =
        point <= 0x10ff || (point >= 0x2000 && point <= 0x200d) || (point >= 0x2010 && point <= 0x201f) || (point >= 0x2032 && point <= 0x2037)
      weight += light ? 1 : 2
    }
  }
  return weight
}

export function countLength(text: string, counts: Capability['counts']): number {
  switch (counts) {
    case 'graphemes':
      return graphemes(text).length
    case 'bytes':
      return new TextEncoder().encode(text).length
    case 'weighted':
      return weighted(text)
    case 'characters':
      return Array.from(text).length
  }
}
