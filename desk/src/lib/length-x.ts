// How X counts: a table of weights, every link 23 whatever its length, every emoji sequence 2. The server counts
// by the same rules; both are held to the same two thousand texts.
import { graphemes } from './graphemes'
import { findLinks } from './length-links'

const LINK = 23
const HEAVY = 2

const LIGHT = /^[\0-\u10FF\u2000-\u200D\u2010-\u201F\u2032-\u2037]$/u
const PICTURE =
  /^[\u203C\u2049\u2122\u2139\u2194-\u2199\u21A9\u21AA\u231A\u231B\u2328\u23CF-\u23FA\u24C2\u25AA\u25AB\u25B6\u25C0\u25FB-\u25FE\u2600-\u27BF\u2934\u2935\u2B05-\u2B55\u3030-\u303D\u3297\u3299\u{1F000}-\u{1FAFF}]$/u
const JOINER = '\u200D'
const DRAWN = '\uFE0F'
const WRITTEN = '\uFE0E'
const KEY = '\u20E3'
const FLAG_LETTER = /^[\u{1F1E6}-\u{1F1FF}]$/u
const TAG = /^[\u{E0020}-\u{E007F}]$/u
const LAST_TAG = '\u{E007F}'
/** What an emoji of several can end with; two grown-ups are one only with a bond between them. */
const LAST_JOINED = new Set('♀♂⚕⚖⚧✈☠❄⬛➡↔↕🌈🌫🌾🍳🍼🎄🎓🎤🎨🏫🏭👦👧💥💨💫💻💼🔥🔧🔬🗨🚀🚒🟩🟫🦯🦰🦱🦲🦳🦺🦼🦽🧒🩰🩹🫲')
const GROWN_UP = /^[👨👩🧑]$/u
const BOND = /^[❤💋🤝]$/u
const WRITTEN_AS_A_RULE = /^[\0-\uFFFF🌫🗨]$/u

/** Counts a text as X does. */
export function weighAsX(written: string): number {
  const text = Array.from(written.normalize('NFC'))
  let weight = 0
  let at = 0
  for (const [start, end] of findLinks(text, 'by_domain')) {
    weight += weigh(text.slice(at, start)) + LINK
    at = end
  }
  return weight + weigh(text.slice(at))
}

function weigh(text: string[]): number {
  let weight = 0
  for (const grapheme of graphemes(text.join(''))) {
    const signs = Array.from(grapheme)
    for (let at = 0; at < signs.length; ) {
      const drawn = pictureLength(signs.slice(at))
      weight += drawn === 0 && LIGHT.test(signs[at] ?? '') ? 1 : HEAVY
      at += Math.max(drawn, 1)
    }
  }
  return weight
}

/** How many code points at the beginning are one emoji sequence; what is joined, but to no emoji there is, is not. */
function pictureLength(signs: string[]): number {
  const [first = '', second] = signs
  if (signs.includes(KEY) && /^[0-9#*]$/.test(first)) return signs.length
  const isPicture = first === '©' || first === '®' ? second === DRAWN : PICTURE.test(first) && second !== WRITTEN
  if (!isPicture) return 0
  let whole = 1
  let ends = true
  let last = first
  for (let at = 1; at < signs.length; ) {
    const next = signs[at] ?? ''
    if (next === JOINER) {
      const joined = signs[at + 1] ?? ''
      ends = LAST_JOINED.has(joined) || (GROWN_UP.test(joined) && BOND.test(last))
      last = joined
      at += 2
    } else if (next === DRAWN ? at === 1 ? !FLAG_LETTER.test(last) : WRITTEN_AS_A_RULE.test(last) : PICTURE.test(next)) {
      at += 1
    } else break
    if (ends) whole = at
  }
  // Flags of parts of countries are spelled in tags, up to the one that ends them.
  const tags = signs.slice(whole)
  return tags.every((sign) => TAG.test(sign)) && tags.at(-1) === LAST_TAG ? signs.length : whole
}
