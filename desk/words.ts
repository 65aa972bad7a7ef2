// Cuts the catalogues that site, mails and desk share into what the desk loads: `words:de` holds what any screen may
// say, `words:de/forms` what only the forms of the channels' settings say.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plugin } from 'vite'

type Words = { [key: string]: string | Words }
interface Catalogue { channel: Record<string, Words>; desk: Words }

const PREFIX = '\0words:'

export function words(): Plugin {
  return {
    name: 'kulant-words',
    resolveId: (id) => (id.startsWith('words:') ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(PREFIX)) return undefined
      const [language, part] = id.slice(PREFIX.length).split('/')
      const file = resolve(import.meta.dirname, `../locales/${language}.json`)
      this.addWatchFile(file)
      const { channel, desk } = JSON.parse(readFileSync(file, 'utf8')) as Catalogue
      const said = part === 'forms' ? { channel: cut(channel, isField) } : { channel: cut(channel, (word) => !isField(word)), desk }
      return `export default ${JSON.stringify(said)}`
    },
  }
}

/** A field of a form has a title. */
const isField = (word: string | Words) => typeof word === 'object' && 'title' in word

function cut(channels: Record<string, Words>, belongs: (word: string | Words) => boolean) {
  const parts = Object.entries(channels).map(([name, said]) => [name, Object.fromEntries(Object.entries(said).filter(([, word]) => belongs(word)))] as const)
  return Object.fromEntries(parts.filter(([, said]) => Object.keys(said).length > 0))
}
