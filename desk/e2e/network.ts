// A network of the tests' own: delivers signed posts to a hook, and takes answers as it is told to.
import { createHmac, randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Hook { address: string; path: string; secret: string }

/** Delivers one post of a customer, signed as Standard Webhooks want it. */
export async function deliver(hook: Hook, post: { id: string; text: string; author: string; parent?: string }): Promise<number> {
  const body = JSON.stringify({
    type: 'post', id: post.id, text: post.text, author: { id: post.author, name: post.author }, time: new Date().toISOString(),
    visibility: 'public', mentions_us: true, ...(post.parent ? { parent: post.parent } : {}),
  })
  const id = randomUUID()
  const at = String(Math.floor(Date.now() / 1000))
  const key = Buffer.from(hook.secret.replace('whsec_', ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')
  const answer = await fetch(hook.address + hook.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${signature}` },
    body,
  })
  return answer.status
}

/** Takes answers in: refuses them as long as `refuses` says why. */
export class Network {
  refuses: string | null = null
  readonly taken: string[] = []
  readonly files: { name: string; alt: string | null }[] = []
  /** What else it was asked for, by its type. */
  readonly acts: string[] = []
  private server: Server | undefined

  async open(): Promise<string> {
    this.server = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk: Buffer) => (text += chunk.toString()))
      request.on('end', () => {
        const { type = '', body, attachments = [] } = JSON.parse(text || '{}') as { type?: string; body?: string; attachments?: { name: string; alt?: string }[] }
        if (this.refuses === null && body) this.taken.push(body)
        if (type !== 'reply') this.acts.push(type)
        if (this.refuses === null) this.files.push(...attachments.map(({ name, alt = null }) => ({ name, alt })))
        response.writeHead(this.refuses === null ? 201 : 422, { 'content-type': 'application/json' })
        response.end(JSON.stringify(this.refuses === null ? { id: randomUUID() } : { detail: this.refuses }))
      })
    })
    await new Promise<void>((ready) => this.server?.listen(0, '127.0.0.1', ready))
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/answers`
  }

  close() {
    this.server?.close()
  }
}
