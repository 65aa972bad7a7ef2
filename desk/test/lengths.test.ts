// How long a text is, on two thousand texts that are hard to count: as the networks' own libraries say, and as the
// networks themselves say where they differ from them. The server's counter is held to the same file.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { countLength } from '../src/lib/length'
import { countSmsParts } from '../src/lib/length-sms'
import { FIXTURE, fixture } from './lengths/fixture.mjs'
import { measure, withKnownEmoji } from './lengths/official.mjs'

type Figures = [text: string, characters: number, utf16: number, bytes: number, graphemes: number, x: number, mastodon: number, sms: number, parts: number]
type Otherwise = Partial<Record<'x' | 'mastodon' | 'sms_parts', number>>
const lines = (JSON.parse(readFileSync(FIXTURE, 'utf8')) as { texts: [...Figures, Otherwise?][] }).texts

const COUNTS: [name: string, official: (line: [...Figures, Otherwise?]) => number, ours: (text: string) => number][] = [
  ['characters', ([, characters]) => characters, (text) => countLength(text, 'characters')],
  ['UTF-16 units', ([, , units]) => units, (text) => countLength(text, 'utf16')],
  ['bytes', ([, , , bytes]) => bytes, (text) => countLength(text, 'bytes')],
  ['Bluesky’s graphemes', (line) => line[4], (text) => countLength(text, 'graphemes')],
  ['X’s weights', (line) => line[9]?.x ?? line[5], (text) => countLength(text, 'weighted_wide')],
  ['Mastodon’s links and names', (line) => line[9]?.mastodon ?? line[6], (text) => countLength(text, 'weighted')],
  ['units of SMS', (line) => line[7], (text) => countLength(text, 'sms')],
  ['parts of SMS', (line) => line[9]?.sms_parts ?? line[8], countSmsParts],
]

describe('lengths', () => {
  it('stand in the file as the libraries of the networks give them today', () => {
    expect(readFileSync(FIXTURE, 'utf8') === fixture(), 'the file is out of date: run `npm run lengths` and commit it').toBe(true)
  })

  it.each(COUNTS)('are the same by our count of %s', (_, official, ours) => {
    expect(lines).toHaveLength(2000)
    const wrong = lines.map((line) => [line[0], ours(line[0]), official(line)]).filter(([, count, wanted]) => count !== wanted)
    expect(wrong.slice(0, 20)).toEqual([])
  })

  it('differ from a library only for what the network is known to see otherwise', () => {
    const otherwise = (name: keyof Otherwise) => lines.filter((line) => line[9]?.[name] !== undefined).map(([text]) => text)
    // Emoji that X's library weighs as their pieces, and that SMS' library may part.
    expect(otherwise('x').map((text) => measure(withKnownEmoji(text)).at(-1)).filter((last) => Object.hasOwn(Object(last), 'x'))).toEqual([])
    expect(otherwise('sms_parts').filter((text) => !/\p{Extended_Pictographic}/u.test(text))).toEqual([])
    // Names that Mastodon's server reads and its client does not, or the other way round.
    expect(otherwise('mastodon').map((text) => measure(text.replaceAll('@', '_')).at(-1)).filter((last) => Object.hasOwn(Object(last), 'mastodon'))).toEqual([])
    expect([otherwise('x').length, otherwise('mastodon').length, otherwise('sms_parts').length].every((count) => count > 0 && count < lines.length / 20)).toBe(true)
  })
})
