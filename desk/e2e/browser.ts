// Debian's Chromium, driven by Playwright's library; axe is injected by hand.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join, resolve } from 'node:path'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { inject } from 'vitest'

export const address = inject('address')
const email = 'admin@demo.example'
const password = inject('passwords').administrator
/** What the browser's console complained about on any page; the sign-in's own question is no complaint. */
export const complaints: string[] = []
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.KULANT_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' }

/** A context of its own; KULANT_DESK names a built desk to be tried in place of the one in the program. */
export async function openContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'de-DE', ...options })
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

export async function signIn(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await openContext(browser, options)
  const page = await context.newPage()
  page.on('console', (said) => {
    if (said.type() === 'error' && !said.text().includes('401 (Unauthorized)')) complaints.push(said.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(`${address}/desk/sign-in`)
  await page.fill('input[name=email]:visible', email)
  await page.fill('input[name=password]', password)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/desk\/conversations/)
  return page
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
