// Serves the built desk with the fake API, so that the screens can be looked at. Never part of the product.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { createFake } from './api.mjs'

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url))
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.html': 'text/html' }
const port = Number(process.env.PORT ?? 4600)
const fake = createFake({ signedIn: process.env.SIGNED_IN !== 'no' })

async function readBody(request) {
  const parts = []
  for await (const part of request) parts.push(part)
  const text = Buffer.concat(parts).toString()
  if (!text || !request.headers['content-type']?.includes('json')) return null
  return JSON.parse(text)
}

function stream(response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  const write = ({ name, id, facts }) => response.write(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(facts)}\n\n`)
  write({ name: 'hello', id: '0', facts: { seq: '0' } })
  const end = fake.follow(write)
  response.on('close', end)
}

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://desk')
  if (url.pathname === '/api/v1/live') return stream(response)
  if (url.pathname === '/fake/receive') {
    fake.receive(url.searchParams.get('text') ?? 'Hallo?', { conversationId: url.searchParams.get('conversation') ?? undefined })
    return response.end('ok')
  }
  if (url.pathname === '/fake/show') {
    fake.show(url.searchParams.get('conversation'), [{ id: '23', name: 'Aylin Demir', activity: 'reading' }, { id: '24', name: 'Tom Ferguson', activity: 'writing' }])
    return response.end('ok')
  }
  if (url.pathname.startsWith('/api/v1/')) {
    const body = await readBody(request)
    const answer = fake.handle({ method: request.method, path: url.pathname.slice('/api/v1'.length), query: Object.fromEntries(url.searchParams), headers: request.headers, body })
    response.writeHead(answer.status, { 'Content-Type': answer.status < 400 ? 'application/json' : 'application/problem+json', ...answer.headers })
    return response.end(answer.body === undefined ? '' : JSON.stringify(answer.body))
  }
  const path = url.pathname.replace(/^\/desk\/?/, '')
  const file = extname(path) ? path : 'index.html'
  try {
    const content = await readFile(join(DIST, file))
    const packed = extname(file) !== '.woff2'
    response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', ...(packed ? { 'Content-Encoding': 'gzip' } : {}) })
    response.end(packed ? gzipSync(content) : content)
  } catch {
    response.writeHead(404).end()
  }
}).listen(port, '127.0.0.1', () => console.log(`fake desk on http://127.0.0.1:${port}/desk/ (any password, mia@nordtalbahn.example)`))

setInterval(() => {
  if (process.env.LIVELY) fake.receive(['Ist da jemand?', 'Der Zug steht wieder.', 'Danke, hat geklappt.'][Math.floor(Math.random() * 3)])
}, 7000).unref()
