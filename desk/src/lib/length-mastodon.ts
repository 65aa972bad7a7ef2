// How Mastodon counts: graphemes, but every link counts 23, and of @user@host only @user.
import { graphemes } from './graphemes'

const LINK = 23
const LINK_BEGINS = /(?<![\p{Alphabetic}\p{N}])https?:\/\/[\p{Alphabetic}\p{N}]/gu
const LINK_RUN = /^[^\s<>"]*/u
const MENTION = /@([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)@([\p{Alphabetic}\p{N}_.-]+)/gu
const INSIDE_WORD = /[\p{Alphabetic}\p{N}_=/]$/u

export function weighAsMastodon(text: string): number {
  let length = 0
  let at = 0
  for (const { index } of text.matchAll(LINK_BEGINS)) {
    if (index < at) continue
    length += graphemes(withoutHosts(text.slice(at, index))).length + LINK
    at = index + linkLength(text.slice(index))
  }
  return length + graphemes(withoutHosts(text.slice(at))).length
}

/** Writes every @user@host as @user. */
function withoutHosts(text: string): string {
  return text.replace(MENTION, (whole, name: string, host: string, at: number) => {
    const known = host.replace(/[.-]+$/, '')
    if (Array.from(known).length < 2 || INSIDE_WORD.test(text.slice(0, at))) return whole
    return `@${name}${host.slice(known.length)}`
  })
}

/** A link up to white space; punctuation at its end belongs to the sentence. */
function linkLength(text: string): number {
  let link = LINK_RUN.exec(text)?.[0] ?? ''
  while (/[.,;:!?']$/.test(link) || (link.endsWith(')') && !link.includes('('))) link = link.slice(0, -1)
  return link.length
}
