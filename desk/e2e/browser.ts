// Debian's Chromium, driven by Playwright's library; axe is injected by hand.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join, resolve } from 'node:path'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { inject } from 'vitest'
import type { Hook } from './network'

export const address = inject('address')
const EMAILS = { administrator: 'admin@demo.example', supervisor: 'supervisor@demo.example' }
const passwords = inject('passwords')
/** What the browser's console complained about on any page; the sign-in's own question is no complaint. */
export const complaints: string[] = []
export const rows = 'a[id^="row-"]'
/** How long one waits for what comes by itself; a loaded machine is slow, and slow is not wrong. */
export const PATIENCE_MS = 30_000
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.KULANT_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' }

/**
 * A context of its own, without motion, so that what is drawn stands still at once.
 * KULANT_DESK names a built desk to be tried in place of the one in the program.
 */
export async function openContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'de-DE', reducedMotion: 'reduce', ...options })
  context.setDefaultTimeout(PATIENCE_MS)
  const built = process.env.KULANT_DESK && resolve(process.env.KULANT_DESK)
  if (built) {
    await context.route(/\/desk(\/|$|\?)/, (route) => {
      const asked = join(built, new URL(route.request().url()).pathname.replace(/^\/desk/, ''))
      const path = extname(asked) && existsSync(asked) ? asked : join(built, 'index.html')
      return route.fulfill({ contentType: TYPES[extname(path)] ?? 'application/octet-stream', body: readFileSync(path) })
    })
  }
  return context
}

const sessions = new Map<keyof typeof EMAILS, BrowserContextOptions['storageState']>()

/** A page of somebody of the demo: the first comes in by the door, the others bring that session along. */
export async function signIn(browser: Browser, options: BrowserContextOptions = {}, role: keyof typeof EMAILS = 'administrator'): Promise<Page> {
  const context = await openContext(browser, { ...options, storageState: sessions.get(role) })
  const page = await context.newPage()
  page.on('console', (said) => {
    if (said.type() === 'error' && !said.text().includes('401 (Unauthorized)')) complaints.push(said.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(`${address}/desk/`)
  if (!sessions.has(role)) {
    await page.fill('input[name=email]:visible', EMAILS[role])
    await page.fill('input[name=password]', passwords[role])
    await page.keyboard.press('Enter')
  }
  await page.waitForURL(/\/desk\/conversations/)
  if (!sessions.has(role)) sessions.set(role, await context.storageState())
  return page
}

/** Connects a webhook inbox of the test's own: what the demo world goes on doing does not reach into it. */
export async function connectInbox(page: Page, name: string, answers: string): Promise<Hook & { id: string }> {
  const made = await page.evaluate(
    async ([inbox, answerUrl]) => {
      const known = (await (await fetch('/api/v1/session')).json()) as { csrf_token: string }
      const answer = await fetch('/api/v1/inboxes', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-csrf-token': known.csrf_token },
        body: JSON.stringify({ name: inbox, channel: 'webhook', settings: { answer_url: answerUrl } }),
      })
      return (await answer.json()) as { id: string; hook_path: string; hook_secret: string }
    },
    [name, answers] as const,
  )
  return { id: made.id, address, path: made.hook_path, secret: made.hook_secret }
}

/** Opens a view and its first conversation by keys alone. */
export async function openFirst(page: Page, view: string) {
  await page.goto(`${address}/desk/conversations?${view}`)
  await page.waitForSelector(rows)
  await page.keyboard.press('j')
  await page.waitForFunction(() => document.activeElement?.id.startsWith('row-'))
  await page.keyboard.press('Enter')
  await page.waitForURL(/conversations\/\w+/)
  await page.waitForSelector('article')
  await page.waitForSelector('textarea')
}

/** Puts the caret into the composer by its key and makes sure that it writes what was meant. */
export async function write(page: Page, key: 'r' | 'p' | 'n', words: string) {
  const visibility = { r: 'public', p: 'private', n: 'note' }[key]
  await page.waitForSelector('textarea')
  await page.getByRole('main').focus()
  await page.keyboard.press(key)
  await page.waitForSelector(`[data-visibility=${visibility}] textarea:focus`)
  await page.keyboard.type(words)
  await page.waitForFunction((text) => document.querySelector('textarea')?.value === text, words)
}

/** What axe finds on the page as it stands, as short lines. */
export async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (root: Document, options: object) => Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> } }
    const found = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
    return found.violations.flatMap((item) => item.nodes.map((node) => `${item.id}: ${node.target.join(' ')}`))
  })
}

/** Changes between the drawn schemes and waits until the desk wears the new one. */
export async function turn(page: Page, colorScheme: 'light' | 'dark') {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.waitForSelector(`html[data-mantine-color-scheme=${colorScheme}]`, { state: 'attached' })
}
