// How Mastodon counts: signs as a reader sees them, every link 23, and of @user@host only @user. Links are known as
// its web client knows them, names as its server does, which judges in the end.
import { graphemes } from './graphemes'
import { findLinks } from './length-links'

const LINK = 'x'.repeat(23)
const NAME =
  /(?<![=/\p{Alphabetic}\p{M}\p{N}\p{Pc}])(@[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)(?:@[\p{Alphabetic}\p{M}\p{N}\p{Pc}]+(?:[.-]+[\p{Alphabetic}\p{M}\p{N}\p{Pc}]+)*)?/gu
const GOES_ON = /^(?:[@＠]|:\/\/)/

export function weighAsMastodon(text: string): number {
  return graphemes(shorten(text)).length
}

/** Writes every link in 23 signs, and every @user@host as @user. */
function shorten(text: string): string {
  const parts = [...links(text), ...names(text)].toSorted((one, other) => one.start - other.start)
  let short = ''
  let at = 0
  for (const { start, end, written } of parts) {
    // What begins inside another is part of it.
    if (start < at) continue
    short += text.slice(at, start) + written
    at = end
  }
  return short + text.slice(at)
}

interface Part { start: number; end: number; written: string }

function links(text: string): Part[] {
  const signs = Array.from(text)
  let sign = 0
  let at = 0
  const unitsUntil = (next: number) => {
    for (; sign < next; sign++) at += signs[sign]?.length ?? 0
    return at
  }
  return findLinks(signs, 'by_protocol').map(([start, end]) => ({ start: unitsUntil(start), end: unitsUntil(end), written: LINK }))
}

function names(text: string): Part[] {
  return Array.from(text.matchAll(NAME), ({ 0: whole, 1: name = '', index }) => ({ start: index, end: index + whole.length, written: name }))
    .filter(({ end }) => !GOES_ON.test(text.slice(end)))
}
