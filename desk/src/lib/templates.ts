// Approved texts that somebody has entered, kept per inbox on this device: the networks' lists cannot be asked yet.
export interface KnownTemplate { name: string; language: string; text: string }

const PREFIX = 'kulant.templates.'
const MARK = /\{\{\s*(\d{1,2})\s*\}\}/g

export function readTemplates(inboxId: string): KnownTemplate[] {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + inboxId) ?? '[]') as KnownTemplate[]
  } catch {
    return []
  }
}

export function keepTemplates(inboxId: string, templates: KnownTemplate[]) {
  localStorage.setItem(PREFIX + inboxId, JSON.stringify(templates))
}

/** How many things are filled into a text: the highest number that stands in it. */
export function countMarks(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(MARK), (match) => Number(match[1])))
}

/** The text as it goes out; what is not filled in yet stays as it stands. */
export function fillIn(text: string, parameters: string[]): string {
  return text.replace(MARK, (mark, number: string) => parameters[Number(number) - 1]?.trim() || mark)
}
