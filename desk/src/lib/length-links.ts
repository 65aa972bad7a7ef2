// Links as X and Mastodon find them in a text: by a protocol, or by a domain with a known end; by the server's rules.
import ends from '../../../crates/channels/src/counting/top_level_domains.txt?raw'
import { punycodeLength } from './punycode'

const LONGEST_LABEL = 63
const LONGEST_ADDRESS = 4096
const LONGEST_OWN_NAME = 40
const ENDS = new Set(ends.split(/\s+/).filter(Boolean))

const WORD = /^[A-Za-z0-9]$/
const NO_BEGINNING = /^[A-Za-z0-9@＠$#＃\uFFFE\uFEFF\uFFFF]$/
const NO_DOMAIN = /^[\s\u0085\u180E!'#%&()*+,\\\-./:;<=>?@[\]^_{|}~$\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFE\uFEFF\uFFFF]$/u
const ACCENT =
  /^[\u0300-\u036F\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u0253\u0254\u0256\u0257\u0259\u025B\u0263\u0268\u026F\u0272\u0289\u028B\u02BB\u1E00-\u1EFF]$/
const QUERY = /^[A-Za-z0-9!?*'@();:&=+$/%#[\]\-_.,~|]$/
const LAST_QUERY = /^[A-Za-z0-9\-_&=#/]$/

const isDomainSign = (sign: string) => !NO_DOMAIN.test(sign)
const isLastPathSign = (sign: string) => /^[A-Za-z0-9\u0400-\u04FF+\-=_#/]$/.test(sign) || ACCENT.test(sign)
const isPathSign = (sign: string) => isLastPathSign(sign) || /^[!*';:,.$%[\]\u2013~@|&]$/.test(sign)

export type Span = [start: number, end: number]
export type Known = 'by_protocol' | 'by_domain'

function run(text: string[], start: number, belongs: (sign: string) => boolean): number {
  let at = start
  while (at < text.length && belongs(text[at] ?? '')) at++
  return at
}

/** Finds where links begin and end, in order: by a protocol, or also by their domain alone. */
export function findLinks(text: string[], known: Known): Span[] {
  const found: Span[] = []
  if (!text.includes('.')) return found
  let free = 0
  let at = 0
  while (at < text.length) {
    // A link stands behind a sign that cannot be part of a name, or at the very beginning.
    const starts = [...(NO_BEGINNING.test(text[at] ?? '') ? [] : [at + 1]), ...(at === 0 ? [0] : [])]
    let next: { links: Span[]; end: number } | null = null
    for (const start of starts) if (!next && start >= free) next = readLink(text, start, known)
    if (!next) {
      at += 1
      continue
    }
    found.push(...next.links)
    free = next.end
    at = next.end
  }
  return found
}

/** Reads a link that begins here: what of it counts as one, and where to read on. */
function readLink(text: string[], start: number, known: Known): { links: Span[]; end: number } | null {
  const protocol = /^https?:\/\//i.exec(text.slice(start, start + 8).join(''))?.[0].length ?? 0
  let domain = start + protocol
  let domainEnd = protocol > 0 ? findDomainEnd(text, domain) : null
  const hasProtocol = domainEnd !== null
  if (domainEnd === null && known === 'by_domain') {
    domain = start
    domainEnd = findDomainEnd(text, start)
  }
  if (domainEnd === null) return null

  const port = run(text, domainEnd + 1, (sign) => /^[0-9]$/.test(sign))
  const afterPort = text[domainEnd] === ':' && port > domainEnd + 1 ? port : domainEnd
  const pathEnd = text[afterPort] === '/' ? findPathEnd(text, afterPort + 1) : null
  const end = findQueryEnd(text, pathEnd ?? afterPort)

  if (known === 'by_protocol') return { links: [[start, end]], end }
  if (!canBeRegistered(text.slice(domain, domainEnd), end - start)) return { links: [], end }
  if (hasProtocol) return { links: shortenOwn(text, [start, end], domain, domainEnd), end }
  if (/^[-_./]$/.test(text[start - 1] ?? '')) return { links: [], end }
  // Without a protocol only Latin domains count, and a query only behind a path.
  const latin = findLatinDomains(text.slice(0, domainEnd), domain)
  const last = latin.at(-1)
  if (last && pathEnd !== null) last[1] = end
  return { links: latin, end }
}

/** Whether names of such length exist, written as they are abroad. */
function canBeRegistered(domain: string[], length: number): boolean {
  const labels = domain.join('').split('.').map(punycodeLength)
  const abroad = labels.reduce((all, label) => all + label + 1, -1)
  return labels.every((label) => label <= LONGEST_LABEL) && 'https://'.length + length + abroad - domain.length <= LONGEST_ADDRESS
}

/** A link that X made itself ends with its name, whatever follows; one with too long a name is none. */
function shortenOwn(text: string[], [start, end]: Span, domain: number, domainEnd: number): Span[] {
  const name = domainEnd + 1
  const nameEnd = run(text, name, (sign) => WORD.test(sign))
  const isOwn = /^t\.co$/i.test(text.slice(domain, domainEnd).join('')) && text[domainEnd] === '/' && nameEnd > name
  if (!isOwn) return [[start, end]]
  return nameEnd - name > LONGEST_OWN_NAME ? [] : [[start, findQueryEnd(text, nameEnd)]]
}

/** Where a domain ends that begins here: as many parts as possible, the last of them known. */
function findDomainEnd(text: string[], start: number): number | null {
  let end: number | null = null
  let label = start
  for (;;) {
    const dot = run(text, label, (sign) => isDomainSign(sign) || sign === '_' || sign === '-')
    const whole = dot > label && isDomainSign(text[label] ?? '') && isDomainSign(text[dot - 1] ?? '')
    if (!whole || text[dot] !== '.') return end
    if (!text.slice(label, dot).includes('_')) end = findKnownEnd(text, dot + 1) ?? end
    label = dot + 1
  }
}

/** Where a known end of a domain ends that begins here. */
function findKnownEnd(text: string[], start: number): number | null {
  const closes = (end: number) => end >= text.length || !/^[A-Za-z0-9@+-]$/.test(text[end] ?? '')
  const longest = run(text, start, (sign) => isDomainSign(sign) || sign === '-')
  for (let end = longest; end > start; end--) {
    if (closes(end) && ENDS.has(text.slice(start, end).join('').toLowerCase())) return end
  }
  const end = run(text, start + 4, (sign) => WORD.test(sign) || sign === '-')
  return /^xn--$/i.test(text.slice(start, start + 4).join('')) && end > start + 4 ? end : null
}

/** The stretches of a domain that are domains by themselves in Latin letters. */
function findLatinDomains(text: string[], start: number): Span[] {
  const found: Span[] = []
  let at = start
  while (at < text.length) {
    let label = at
    let best: number | null = null
    for (;;) {
      const dot = run(text, label, (sign) => WORD.test(sign) || sign === '-' || ACCENT.test(sign))
      if (dot === label || text[dot] !== '.') break
      best = findKnownEnd(text, dot + 1) ?? best
      label = dot + 1
    }
    if (best !== null) found.push([at, best])
    at = best ?? at + 1
  }
  return found
}

function findPathEnd(text: string[], start: number): number {
  let end = start
  for (let at = start; at < text.length; ) {
    const behind = findClosing(text, at)
    const sign = text[at] ?? ''
    if (behind !== null) {
      at = behind
      end = behind
    } else if (isPathSign(sign)) {
      at += 1
      if (isLastPathSign(sign)) end = at
    } else break
  }
  return end
}

/** Where a bracket closes that opens here, with at most one more inside. */
function findClosing(text: string[], start: number): number | null {
  if (text[start] !== '(') return null
  const inner = run(text, start + 1, isPathSign)
  if (text[inner] === ')' && inner > start + 1) return inner + 1
  if (text[inner] !== '(') return null
  const deepest = run(text, inner + 1, isPathSign)
  if (deepest === inner + 1 || text[deepest] !== ')') return null
  const close = run(text, deepest + 1, isPathSign)
  return text[close] === ')' ? close + 1 : null
}

function findQueryEnd(text: string[], start: number): number {
  if (text[start] !== '?') return start
  let end = run(text, start + 1, (sign) => QUERY.test(sign))
  while (end > start + 1 && !LAST_QUERY.test(text[end - 1] ?? '')) end -= 1
  return end > start + 1 ? end : start
}
