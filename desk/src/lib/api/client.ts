// The one way to the server: JSON over fetch with session cookie, CSRF token, If-Match and Idempotency-Key.
// Knows no resource; each request of a feature stands in a file of its own.
import type { ProblemDocument } from './types'

export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly document: ProblemDocument
  readonly retryAfterSeconds: number | null

  constructor(document: ProblemDocument, retryAfterSeconds: number | null = null) {
    super(document.detail ?? document.title ?? document.code)
    this.status = document.status
    this.code = document.code
    this.document = document
    this.retryAfterSeconds = retryAfterSeconds
  }
}

type Query = Record<string, string | number | boolean | null | undefined>
interface Options {
  query?: Query
  body?: unknown
  version?: number
  idempotencyKey?: string
  signal?: AbortSignal
}

let csrfToken: string | null = null

/** Keeps the token that every write by cookie must carry. */
export function keepCsrfToken(token: string | null) {
  csrfToken = token
}

/** Makes a key under which a repeated POST has one effect. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID()
}

export function apiPath(path: string, query?: Query): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') params.set(key, String(value))
  }
  const text = params.toString()
  return `/api/v1${path}${text ? `?${text}` : ''}`
}

export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  const write = method !== 'GET'
  if (write && csrfToken) headers['X-CSRF-Token'] = csrfToken
  if (options.version !== undefined) headers['If-Match'] = `"${options.version}"`
  if (method === 'POST') headers['Idempotency-Key'] = options.idempotencyKey ?? newIdempotencyKey()

  let body: BodyInit | undefined
  if (options.body instanceof FormData) body = options.body
  else if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json'
    body = JSON.stringify(options.body)
  }

  const answer = await reach(apiPath(path, options.query), { method, headers, body, signal: options.signal })
  if (!answer.ok) throw await readProblem(answer)
  if (answer.status === 204) return undefined as T
  const text = await answer.text()
  return (text ? JSON.parse(text) : undefined) as T
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, credentials: 'same-origin' })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new Problem({ status: 0, code: 'unreachable' })
  }
}

async function readProblem(answer: Response): Promise<Problem> {
  const retryAfter = Number(answer.headers.get('Retry-After'))
  const seconds = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null
  try {
    const document = (await answer.json()) as ProblemDocument
    return new Problem({ ...document, status: answer.status, code: document.code ?? `http_${answer.status}` }, seconds)
  } catch {
    // A gateway in front answers for a server that does not: no more than that is known.
    if (answer.status === 502 || answer.status === 504) return new Problem({ status: 0, code: 'unreachable' })
    return new Problem({ status: answer.status, code: `http_${answer.status}` }, seconds)
  }
}
