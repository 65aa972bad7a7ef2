// Every word the desk uses stands in both languages, and no word stands there unused.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import i18next from 'i18next'
import { describe, expect, it } from 'vitest'
import deWords from 'words:de'
import deForms from 'words:de/forms'
import enWords from 'words:en'
import enForms from 'words:en/forms'
import de from '../../locales/de.json'
import en from '../../locales/en.json'
import { loadFormWords, speak, startLanguage } from '../src/lib/i18n'

const SRC = resolve(import.meta.dirname, '../src')
const PLURAL = /_(zero|one|two|few|many|other)$/

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
}
function flatten(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'string' ? [`${prefix}${key}`] : flatten(inner as object, `${prefix}${key}.`),
  )
}
const text = (catalogue: object, key: string) =>
  key.split('.').reduce<unknown>((inner, part) => (inner as Record<string, unknown>)?.[part], catalogue) as string

const source = walk(SRC).filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.test.tsx')).map((path) => readFileSync(path, 'utf8')).join('\n')
const used = new Set([...source.matchAll(/'(desk\.[a-z0-9_.]+)'/g)].map((match) => match[1] as string))
// Channels name the words of their settings and reasons themselves.
const fromServer = ['channel.']
const prefixes = [...fromServer, ...Array.from(source.matchAll(/`(desk\.[a-z0-9_.]+)\$\{/g), (match) => match[1] as string)]
const keysDe = flatten({ channel: de.channel, desk: de.desk })
const keysEn = flatten({ channel: en.channel, desk: en.desk })

describe('locales', () => {
  it('has the same keys in both languages', () => {
    expect(keysDe.filter((key) => !keysEn.includes(key))).toEqual([])
    expect(keysEn.filter((key) => !keysDe.includes(key))).toEqual([])
  })
  it('has every key that is used', () => {
    const known = new Set(keysDe.map((key) => key.replace(PLURAL, '')))
    expect([...used].filter((key) => !known.has(key))).toEqual([])
    expect(prefixes.filter((prefix) => !keysDe.some((key) => key.startsWith(prefix)))).toEqual([])
  })
  it('has no key that nobody uses', () => {
    const idle = keysDe.filter((key) => !used.has(key.replace(PLURAL, '')) && !prefixes.some((prefix) => key.startsWith(prefix)))
    expect(idle).toEqual([])
  })
  it('fills in the same values in both languages', () => {
    const values = (words: string) => [...words.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).toSorted().join(' ')
    expect(keysDe.filter((key) => values(text(de, key)) !== values(text(en, key)))).toEqual([])
  })
  it('speaks calmly: no exclamation marks, no oops', () => {
    const loud = [...keysDe.map((key) => text(de, key)), ...keysEn.map((key) => text(en, key))].filter((words) => /!|oops|ups,/i.test(words))
    expect(loud).toEqual([])
  })
  it('comes in two parts, of which the first screen needs one', () => {
    expect([...flatten(deWords), ...flatten(deForms)].toSorted()).toEqual(keysDe.toSorted())
    expect([...flatten(enWords), ...flatten(enForms)].toSorted()).toEqual(keysEn.toSorted())
    expect(flatten(deWords).filter((key) => /^channel\.\w+\.\w+\.(title|description|choice\.\w+)$/.test(key))).toEqual([])
    expect(flatten(deForms).filter((key) => !/^channel\.\w+\.\w+\.(title|description|choice\.\w+)$/.test(key))).toEqual([])
  })
  it('brings the words of forms with the settings, and from then on in every language', async () => {
    const title = 'channel.telegram.token.title'
    await startLanguage('de')
    expect([i18next.exists(title), i18next.exists('channel.reason.paused')]).toEqual([false, true])
    await loadFormWords()
    expect(i18next.t(title)).toBe(de.channel.telegram.token.title)
    expect(i18next.t('channel.bluesky.reason.no_chat')).toBe(de.channel.bluesky.reason.no_chat)
    await speak('en')
    expect(i18next.t(title)).toBe(en.channel.telegram.token.title)
  })
})
