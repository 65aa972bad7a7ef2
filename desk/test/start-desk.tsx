// Starts the whole desk on the fake server: fetch and the event stream answered in memory.
import { render } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Desk, makeClient } from '../src/app/desk'
import { keepCsrfToken } from '../src/lib/api/client'
import { startLanguage } from '../src/lib/i18n'
import { hush } from '../src/lib/toast'
import { createFake } from './fake/api.mjs'

export type Fake = ReturnType<typeof createFake>
export interface Request { method: string; path: string; query: Record<string, string>; headers: Record<string, string>; body: unknown }

interface Options { path?: string; signedIn?: boolean; account?: string; language?: 'de' | 'en' }

export async function startDesk({ path = '/desk/', signedIn = true, account = '21', language = 'de' }: Options = {}) {
  const fake = createFake({ signedIn, account })
  const requests: Request[] = []
  const rigged: { fits: (request: Request) => boolean; answer: { status: number; body: unknown } | 'unreachable'; times: number }[] = []

  window.fetch = (async (input: RequestInfo | URL, init?: RequestInit) => {
    const url = new URL(String(input), 'http://desk.test')
    const headers = Object.fromEntries(Object.entries((init?.headers ?? {}) as Record<string, string>).map(([key, value]) => [key.toLowerCase(), value]))
    const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as unknown) : null
    const request = { method: init?.method ?? 'GET', path: url.pathname.replace('/api/v1', ''), query: Object.fromEntries(url.searchParams), headers, body }
    requests.push(request)
    const rig = rigged.find((item) => item.times > 0 && item.fits(request))
    if (rig) rig.times -= 1
    if (rig?.answer === 'unreachable') throw new TypeError('no network')
    const answer = rig ? { ...rig.answer, headers: {} } : fake.handle(request)
    return new Response(answer.body === undefined ? null : JSON.stringify(answer.body), { status: answer.status, headers: answer.headers as HeadersInit })
  }) as typeof fetch

  const streams: FakeStream[] = []
  class FakeStream extends EventTarget {
    static readonly CLOSED = 2
    readyState = 1
    readonly url: string
    private readonly end: () => void
    constructor(url: string) {
      super()
      this.url = url
      streams.push(this)
      const tell = ({ name, id, facts }: { name: string; id: string; facts: unknown }) =>
        this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(facts), lastEventId: id }))
      this.end = fake.follow(tell)
      queueMicrotask(() => tell({ name: 'hello', id: '0', facts: { seq: '0' } }))
    }
    close() {
      this.readyState = 2
      this.end()
    }
    breakOff() {
      this.end()
      this.dispatchEvent(new Event('error'))
    }
  }
  window.EventSource = FakeStream as unknown as typeof EventSource

  keepCsrfToken(null)
  hush()
  await startLanguage(language)
  window.history.replaceState(null, '', path)
  const client = makeClient()
  const view = render(<Desk client={client} />)
  return {
    fake, requests, streams, client, view,
    person: userEvent.setup({ delay: null }),
    /** Lets the next requests that fit be answered otherwise. */
    rig: (fits: (request: Request) => boolean, answer: { status: number; body: unknown } | 'unreachable', times = 1) =>
      rigged.push({ fits, answer, times }),
    /** Lets everything be answered as usual again. */
    mend: () => rigged.splice(0),
    sent: (method: string, ending: string) => requests.filter((item) => item.method === method && item.path.endsWith(ending)),
  }
}
