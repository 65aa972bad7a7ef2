// Subjects of letters: an answer repeats what it answers, with a word before it.
const ANSWERS = /^(?:\s*(?:re|aw|antw|antwort)\s*(?:\[\d+\])?\s*:)+/i

const folded = (subject: string) => subject.replace(ANSWERS, '').replace(/\s+/g, ' ').trim().toLowerCase()

/** Tells whether a letter's subject says nothing that its conversation's does not. */
export function isSameSubject(subject: string, of: string | null): boolean {
  return of !== null && folded(subject) === folded(of)
}
