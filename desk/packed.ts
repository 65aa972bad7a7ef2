// Packs what the browser loads as tightly as it goes, once: the server only hands it out.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import type { Plugin } from 'vite'

export function packed(): Plugin {
  return {
    name: 'kulant-packed',
    apply: 'build',
    // What is written is final; earlier, names and styles are still to be put in.
    writeBundle({ dir }, bundle) {
      for (const name of Object.keys(bundle).filter((file) => /\.(js|css)$/.test(file))) {
        const path = join(dir ?? 'dist', name)
        const text = readFileSync(path)
        writeFileSync(`${path}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }))
      }
    },
  }
}
