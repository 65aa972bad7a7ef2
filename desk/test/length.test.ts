// How long a text is, by each network's own count: what one rule does, and the limits. lengths.test.ts has the many.
import { describe, expect, it } from 'vitest'
import { countLength, measure } from '../src/lib/length'
import { countSmsParts } from '../src/lib/length-sms'

describe('length', () => {
  it.each([
    ['', 0], ['see https://example.com/a/very/long/path/indeed now', 31], ['https://a.de', 23], ['(https://a.de).', 26],
    ['https://a.de/x_(y)', 23], ['http:// is no link', 18], ['xhttps://a.de', 13], ['https://a.de und https://b.de', 51],
    ['@anna@netz.example Hallo', 11], ['@anna Hallo @ben.k@a-b.example.', 19], ['(@anna@netz.example)', 7], ['post@netz.example', 17],
    ['x@anna@netz.example', 19], ['@anna.@netz.example', 19], ['@@ @ @a@ @a@b', 11], ['@anna@netz.example https://a.de/@x@y.z', 29],
    ['https://netz.example', 20], ['@anna@netz.example@x', 20], ['👍@anna@netz.example', 6],
  ])('counts %j as Mastodon does', (text, length) => expect(countLength(text, 'weighted')).toBe(length))

  it.each([
    ['', 0, 1], ['Grüße', 5, 1], ['5 €', 4, 1], ['ç', 1, 1], ['„Hallo“', 7, 1], ['👍', 2, 1], ['a'.repeat(160), 160, 1], ['a'.repeat(161), 161, 2],
    ['a'.repeat(306), 306, 2], ['a'.repeat(307), 307, 3], [`${'a'.repeat(152)}€${'a'.repeat(152)}`, 306, 3], ['ё'.repeat(70), 70, 1], ['ё'.repeat(71), 71, 2], ['👍'.repeat(67), 134, 3],
    ['👩‍🚒'.repeat(26), 130, 2], ['👩‍🚒'.repeat(27), 135, 3],
  ])('cuts %j into parts as phones do', (text, units, parts) => expect([countLength(text, 'sms'), countSmsParts(text)]).toEqual([units, parts]))

  it('counts signs, code points, units and bytes apart', () => {
    const text = '👩‍👩‍👧 Grüße'
    expect((['graphemes', 'characters', 'utf16', 'bytes'] as const).map((counts) => countLength(text, counts))).toEqual([7, 11, 14, 26])
  })

  it('holds a text to both limits of a network', () => {
    const bluesky = { counts: 'graphemes', length: 300, bytes: 3000 } as const
    expect(measure('ä'.repeat(300), bluesky).over).toBeNull()
    expect(measure('ä'.repeat(302), bluesky).over).toEqual({ count: 2, of: 'characters' })
    expect(measure('👩‍👩‍👧'.repeat(200), bluesky).over).toEqual({ count: 600, of: 'bytes' })
    expect(measure('ä'.repeat(501), { counts: 'bytes', length: 1000, bytes: null }).over).toEqual({ count: 2, of: 'bytes' })
    expect(measure('a'.repeat(161), { counts: 'sms', length: 1600, bytes: null }).parts).toBe(2)
  })
})
