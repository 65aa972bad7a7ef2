// The laws of the desk's folders: direction of imports, no feature imports another, no barrel files, sizes, openings.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const SRC = resolve(import.meta.dirname, '../src')
const ORDER = ['lib', 'components', 'features', 'app']

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
}
const files = walk(SRC).filter((path) => /\.(ts|tsx|css)$/.test(path))
const code = files.filter((path) => !path.endsWith('.css') && !path.endsWith('schema.d.ts'))
const layer = (path: string) => ORDER.indexOf(relative(SRC, path).split('/')[0] ?? '')
const feature = (path: string) => /^features\/([^/]+)/.exec(relative(SRC, path))?.[1]

function imports(path: string): string[] {
  return [...readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => resolve(dirname(path), match[1] ?? ''))
}

describe('tidy', () => {
  it('imports only from lib to components to features to app', () => {
    const wrong = code.flatMap((path) => (layer(path) < 0 ? [] : imports(path).filter((target) => layer(target) > layer(path)).map((target) => `${relative(SRC, path)} imports ${relative(SRC, target)}`)))
    expect(wrong).toEqual([])
  })
  it('lets no feature import another', () => {
    const wrong = code.flatMap((path) => {
      const own = feature(path)
      return own ? imports(path).filter((target) => feature(target) && feature(target) !== own).map((target) => `${relative(SRC, path)} imports ${relative(SRC, target)}`) : []
    })
    expect(wrong).toEqual([])
  })
  it('has no barrel files', () => {
    expect(code.filter((path) => /\/index\.tsx?$/.test(path))).toEqual([])
  })
  it('keeps files at 250 lines or less, each with an opening that says what it is for', () => {
    const long = code.filter((path) => !path.endsWith('api/types.ts') && readFileSync(path, 'utf8').split('\n').length > 251)
    const silent = code.filter((path) => !readFileSync(path, 'utf8').startsWith('// '))
    expect(long.map((path) => relative(SRC, path))).toEqual([])
    expect(silent.map((path) => relative(SRC, path))).toEqual([])
  })
  it('patches the cache from server events in one place only', () => {
    expect(code.filter((path) => readFileSync(path, 'utf8').includes('new EventSource')).map((path) => relative(SRC, path))).toEqual(['app/live.ts'])
  })
})
