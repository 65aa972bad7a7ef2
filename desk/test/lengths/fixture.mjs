// The fixture as it should be now: one text a line, with the figures of the networks' libraries.
import { resolve } from 'node:path'
import { COLUMNS, measure } from './official.mjs'
import { makeTexts } from './texts.mjs'

export const FIXTURE = resolve(import.meta.dirname, '../../../crates/channels/src/counting/fixtures/lengths.json')

export function fixture() {
  const lines = makeTexts().map((text) => `    ${JSON.stringify(measure(text))}`)
  return `{\n  "columns": ${JSON.stringify(COLUMNS)},\n  "texts": [\n${lines.join(',\n')}\n  ]\n}\n`
}
