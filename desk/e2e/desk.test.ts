// The main paths through the desk in a real browser against a real kulant with the demo world. What is changed
// happens in an inbox of the tests' own, so that no invented customer gets in between.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { address, complaints, connectInbox, findBarriers, launch, openFirst, rows, signIn, turn, write } from './browser'
import { deliver, type Hook, Network } from './network'

const network = new Network()
let browser: Browser
let page: Page
let hook: Hook
/** The view of the tests' own inbox. */
let own: string

beforeAll(async () => {
  const answers = await network.open()
  browser = await launch()
  page = await signIn(browser)
  const inbox = await connectInbox(page, 'Prüfstand', answers)
  for (const [id, author] of [['t1', 'Anna'], ['t2', 'Ben'], ['t3', 'Cem']] as const) {
    expect(await deliver(inbox, { id, text: `Wann fährt die ${id}?`, author })).toBe(202)
  }
  hook = inbox
  own = `view=open&inbox=${inbox.id}`
  await page.goto(`${address}/desk/conversations?${own}`)
  await page.locator(rows).nth(2).waitFor()
})
afterAll(async () => {
  await browser?.close()
  network.close()
})

describe('desk', () => {
  it('opens a conversation by keys alone', async () => {
    await openFirst(page, own)
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN')
  })

  it('has no barriers axe can find: list and conversation, light and dark', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      await turn(page, scheme)
      expect(await findBarriers(page)).toEqual([])
    }
    await turn(page, 'light')
  })

  it('takes a conversation, resolves it and takes that back', async () => {
    await page.keyboard.press('a')
    await page.waitForSelector('[role=status] >> text=/zugeteilt|Assigned/')
    await page.keyboard.press('e')
    await page.getByRole('button', { name: /^(Wieder öffnen|Reopen)/ }).waitFor()
    await page.waitForSelector('[role=status] >> text=/Gelöst|Resolved/')
    await page.keyboard.press('u')
    await page.getByRole('button', { name: /^(Lösen|Resolve)/ }).waitFor()
  })

  it('writes a note that another desk sees at once', async () => {
    const other = await signIn(browser, {}, 'supervisor')
    await other.goto(page.url())
    await other.waitForSelector('article')
    const words = `Notiz ${Date.now()}`
    await write(page, 'n', words)
    await page.keyboard.press('Control+Enter')
    await other.locator('article', { hasText: words }).waitFor()
    await other.context().close()
  })

  it('takes a public answer back within five seconds and keeps its words', async () => {
    await openFirst(page, own)
    // Five seconds are the agent's; a slow machine gets a minute, so that only the way is tried and not the haste.
    let held = 0
    await page.route('**/api/v1/conversations/*/messages', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback()
      const asked = route.request().postDataJSON() as { send_at: string }
      held = Date.parse(asked.send_at) - Date.now()
      return route.fallback({ postData: JSON.stringify({ ...asked, send_at: new Date(Date.now() + 60_000).toISOString() }) })
    })
    const words = `Antwort ${Date.now()}`
    await write(page, 'r', words)
    await page.keyboard.press('Control+Enter')
    const answer = page.locator('article', { hasText: words })
    await answer.getByRole('button', { name: /Rückgängig|Undo/ }).click()
    await page.waitForFunction((text) => document.querySelector('textarea')?.value === text, words)
    await answer.waitFor({ state: 'detached' })
    expect(held).toBeGreaterThan(0)
    expect(held).toBeLessThanOrEqual(5_000)
    expect(network.taken).toEqual([])
    await page.unroute('**/api/v1/conversations/*/messages')
    await page.locator('textarea').first().fill('')
  })

  it('does not shift what is on the screen when a colleague comes, writes and a note arrives', async () => {
    await openFirst(page, own)
    // Beside it the list of everything, where the demo world goes on.
    await page.goto(page.url().replace(/\?.*/, '?view=open'))
    await page.waitForSelector(rows)
    await page.waitForSelector('article')
    const other = await signIn(browser, {}, 'supervisor')
    await page.evaluate(() => {
      const kept = window as unknown as { shift: number }
      kept.shift = 0
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) kept.shift += entry.value
      }).observe({ type: 'layout-shift', buffered: false })
    })
    await other.goto(page.url())
    const words = `Zweite Notiz ${Date.now()}`
    await write(other, 'n', words)
    await page.getByText(/Jonas Okafor schreibt$/).waitFor()
    await other.keyboard.press('Control+Enter')
    await page.locator('article', { hasText: words }).waitFor()
    await other.goto(`${address}/desk/overview`)
    await page.getByText(/Jonas Okafor (schreibt|liest mit)$/).waitFor({ state: 'detached' })
    await other.context().close()
    expect(await deliver(hook, { id: 't4', text: 'Und die t4?', author: 'Dora' })).toBe(202)
    await page.locator(rows, { hasText: 'Und die t4?' }).waitFor()
    expect(await page.evaluate(() => (window as unknown as { shift: number }).shift)).toBeLessThan(0.02)
  })

  it('fits 390 px: list, conversation, back', async () => {
    const phone = await signIn(browser, { viewport: { width: 390, height: 844 }, hasTouch: true })
    await phone.goto(`${address}/desk/conversations?${own}`)
    await phone.locator(rows).first().click()
    await phone.waitForSelector('article')
    await phone.waitForSelector('textarea')
    expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    expect(await findBarriers(phone)).toEqual([])
    // What asks back lies above the panel, and the palette above the navigation.
    await phone.getByRole('button', { name: /^(Kontakt ein|Show or hide)/ }).click()
    await phone.getByRole('button', { name: /^(Kontakt löschen|Erase contact)/ }).click()
    await phone.getByRole('dialog').getByRole('button', { name: /^(Abbrechen|Cancel)$/ }).click()
    await phone.getByRole('complementary').getByRole('button', { name: /^(Schließen|Close)$/ }).click()
    await phone.locator('main header button').first().click()
    await phone.waitForSelector(rows)
    await phone.getByRole('main').getByRole('button').first().click()
    await phone.getByRole('navigation').getByRole('button', { name: /^(Finden|Find)/ }).click()
    await phone.getByRole('dialog').getByRole('combobox').click()
    await phone.context().close()
  })

  // Only the program compresses what it sends; a built desk in its place cannot be weighed.
  it.skipIf(process.env.KULANT_DESK)('keeps the first screen at 350 kB or less', async () => {
    const fresh = await signIn(browser)
    await fresh.waitForSelector('nav')
    await fresh.evaluate(() => document.fonts.ready)
    const sizes = await fresh.evaluate(() =>
      (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
        .filter((entry) => /\.(js|css|woff2)$/.test(new URL(entry.name).pathname))
        .reduce((sum, entry) => sum + (entry.encodedBodySize || 0), 0),
    )
    expect(sizes).toBeGreaterThan(50_000)
    expect(sizes).toBeLessThanOrEqual(350_000)
    await fresh.context().close()
  })

  it('shows every place in both schemes without a complaint of the browser or a barrier', async () => {
    const places = ['overview', 'alerts', 'quarantine', 'preferences', ...['brands', 'inboxes', 'teams', 'people', 'tags', 'views', 'tokens'].map((name) => `settings/${name}`)]
    for (const place of places) {
      await page.goto(`${address}/desk/${place}`)
      // What a place is for, or that there is none of it: not its title, not its bones.
      await page.locator('main :is(table, [data-empty], input:not([type=radio]), li)').first().waitFor()
      for (const scheme of ['light', 'dark'] as const) {
        await turn(page, scheme)
        expect(await findBarriers(page), `${place}, ${scheme}`).toEqual([])
      }
    }
    await turn(page, 'light')
    expect(complaints).toEqual([])
  })

  it('loads no second font for German and English', async () => {
    await page.goto(`${address}/desk/conversations?view=open`)
    await page.waitForSelector(rows)
    const fonts = await page.evaluate(async () => {
      await document.fonts.ready
      return performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => name.endsWith('.woff2'))
    })
    expect(fonts).toHaveLength(1)
  })
})
