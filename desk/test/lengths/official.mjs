// How long the networks' own libraries say a text is, and, where a network counts otherwise than its library does,
// how long it is for the network.
import { graphemeLen, utf8Len } from '@atproto/lex-data'
import calculator from 'sms-segments-calculator'
import twitter from 'twitter-text'
import validDomain from 'twitter-text/dist/regexp/validDomain.js'
import validPortNumber from 'twitter-text/dist/regexp/validPortNumber.js'
import validUrlPath from 'twitter-text/dist/regexp/validUrlPath.js'
import validUrlPrecedingChars from 'twitter-text/dist/regexp/validUrlPrecedingChars.js'
import validUrlQueryChars from 'twitter-text/dist/regexp/validUrlQueryChars.js'
import validUrlQueryEndingChars from 'twitter-text/dist/regexp/validUrlQueryEndingChars.js'

export const COLUMNS = ['text', 'characters', 'utf16', 'bytes', 'graphemes', 'x', 'mastodon', 'sms', 'sms_parts', 'otherwise']

/** One line of the fixture: the text, the libraries' figures, and the networks' own where they differ. */
export function measure(text) {
  const sms = countSms(text)
  const official = { x: countX(text), mastodon: countMastodonClient(text), sms_parts: sms.parts }
  const networks = { x: countX(withKnownEmoji(text)), mastodon: countMastodonServer(text), sms_parts: sms.partsInFull }
  const otherwise = Object.fromEntries(Object.entries(networks).filter(([name, figure]) => figure !== official[name]))
  const figures = [text, Array.from(text).length, text.length, utf8Len(text), graphemeLen(text), official.x, official.mastodon, sms.units, official.sms_parts]
  return Object.keys(otherwise).length > 0 ? [...figures, otherwise] : figures
}

// X

const countX = (text) => twitter.parseTweet(text).weightedLength

/** The library knows most emoji of its day, but the eye that speaks only in a form of its own; X weighs all alike. */
const EMOJI = new RegExp('👁\\uFE0F?\\u200D🗨\\uFE0F?|\\p{RGI_Emoji}', 'gv')

export function withKnownEmoji(text) {
  return text.replace(EMOJI, (emoji) => (countX(emoji) === 2 ? emoji : '😀'))
}

// Mastodon: what its web client takes for links is twitter-text's, but always with a protocol.

const source = (pattern) => (pattern.default ?? pattern).source
const LINK = new RegExp(
  `(${source(validUrlPrecedingChars)})(https?://${source(validDomain)}(?::${source(validPortNumber)})?(?:/${source(validUrlPath)}*)?(?:\\?${source(validUrlQueryChars)}*${source(validUrlQueryEndingChars)})?)`,
  'gi',
)
const AS_LINK = 'x'.repeat(23)

function countMastodonClient(text) {
  const withLinks = text.replace(LINK, (_, before) => before + AS_LINK)
  return graphemeLen(withLinks.replace(/(^|[^/\w])@([a-z0-9_]+)@[a-z0-9.-]+[a-z0-9]/gi, '$1@$2'))
}

const WORD = '[\\p{Alphabetic}\\p{M}\\p{N}\\p{Pc}]'
const NAME = new RegExp(`(?<![=/]|${WORD})(@[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)(?:@${WORD}+(?:[.-]+${WORD}+)*)?`, 'gu')

/** The server knows names with dots and hosts in every script, and leaves alone what goes on behind the host. */
function countMastodonServer(text) {
  const links = Array.from(text.matchAll(LINK), ({ index, 1: before, 2: link }) => ({ at: index + before.length, end: index + before.length + link.length, written: AS_LINK }))
  const names = Array.from(text.matchAll(NAME), ({ index, 0: whole, 1: written }) => ({ at: index, end: index + whole.length, written }))
  let short = ''
  let done = 0
  for (const { at, end, written } of [...links, ...names.filter(({ end }) => !/^(?:[@＠]|:\/\/)/.test(text.slice(end)))].toSorted((one, other) => one.at - other.at)) {
    if (at < done) continue
    short += text.slice(done, at) + written
    done = end
  }
  return graphemeLen(short + text.slice(done))
}

// SMS: the library cuts by the signs of its day, which takes some emoji of today for two.

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function countSms(text) {
  const message = new calculator.SegmentedMessage(text)
  const signs = Array.from(segmenter.segment(text), ({ segment }) => segment).flatMap((sign) => (sign === '\r\n' ? ['\r', '\n'] : [sign]))
  // oxlint-disable-next-line no-underscore-dangle -- the library takes no signs but its own from outside
  const inFull = () => message._buildSegments(message._encodeChars(signs)).length
  const isShort = message.encodingName === 'GSM-7'
  return { units: message.messageSize / (isShort ? 7 : 16), parts: message.segmentsCount, partsInFull: isShort ? message.segmentsCount : inFull() }
}
