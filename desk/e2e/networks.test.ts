// What came with the networks, in a real browser against a real kulant: our posts with a picture, the listening post,
// comments of others, holding replies and the phone note; each on its main path, in German and in both schemes, looked at by axe.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { address, complaints, connectInbox, findBarriers, launch, rows, signIn, turn } from './browser'
import { deliver, type Hook, Network } from './network'

const NAME = 'Aushang'
/** A picture of one pixel. */
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const network = new Network()
let browser: Browser
let page: Page
let hook: Hook & { id: string }

/** Makes an inbox in which calls are written down. */
async function connectPhone(): Promise<void> {
  await page.evaluate(async () => {
    const known = (await (await fetch('/api/v1/session')).json()) as { csrf_token: string }
    const answer = await fetch('/api/v1/inboxes', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': known.csrf_token },
      body: JSON.stringify({ name: 'Telefon am Prüfstand', channel: 'phone', settings: {} }),
    })
    if (!answer.ok) throw new Error(await answer.text())
  })
}

/** Nothing for axe in either scheme, and nothing wider than the screen. */
async function looksRight(what: string) {
  for (const scheme of ['light', 'dark'] as const) {
    await turn(page, scheme)
    expect(await findBarriers(page), `${what}, ${scheme}`).toEqual([])
  }
  await turn(page, 'light')
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), what).toBeLessThanOrEqual(0)
}

async function go(path: string) {
  await page.goto(`${address}/desk/${path}`)
  await page.waitForSelector('nav')
}

beforeAll(async () => {
  const answers = await network.open()
  browser = await launch()
  page = await signIn(browser)
  hook = await connectInbox(page, NAME, answers)
  await connectPhone()
})
afterAll(async () => {
  await browser?.close()
  network.close()
})

describe('our posts', () => {
  it('go out once with a picture and its words, and are listed with what became of them', async () => {
    await go('posts')
    const form = page.getByRole('form', { name: 'Neuer Post' })
    await form.getByRole('textbox', { name: 'Text' }).fill('Heute bis 22 Uhr für Sie da.')
    await form.locator('input[type=file]').setInputFiles({ name: 'aushang.png', mimeType: 'image/png', buffer: PICTURE })
    await form.getByRole('textbox', { name: 'Bildbeschreibung: aushang.png' }).fill('Ein Aushang mit den neuen Zeiten')
    const line = form.getByRole('listitem').filter({ hasText: NAME })
    await line.getByRole('checkbox').check()
    await line.getByRole('img', { name: 'Ein Aushang mit den neuen Zeiten' }).waitFor()
    await looksRight('a post being written')
    await form.getByRole('button', { name: 'Auf 1 Konto veröffentlichen' }).click()
    const said = page.getByRole('listitem').filter({ hasText: 'Heute bis 22 Uhr für Sie da.' }).first()
    await said.getByText('1 Datei').waitFor()
    await said.getByText(/^Gesendet/).waitFor()
    expect(network.taken).toEqual(['Heute bis 22 Uhr für Sie da.'])
    expect(network.files).toEqual([{ name: 'aushang.png', alt: 'Ein Aushang mit den neuen Zeiten' }])
    await looksRight('posts so far')
  })

  it('say beside the account why it refuses, and keep the text', async () => {
    await go('posts')
    const form = page.getByRole('form', { name: 'Neuer Post' })
    await form.getByRole('textbox', { name: 'Text' }).fill('Elf Bilder.')
    const line = form.getByRole('listitem').filter({ hasText: NAME })
    await line.getByRole('checkbox').check()
    await form.locator('input[type=file]').setInputFiles(Array.from({ length: 11 }, (_, index) => ({ name: `${index}.png`, mimeType: 'image/png', buffer: PICTURE })))
    await line.getByRole('alert').filter({ hasText: 'höchstens 10 Dateien' }).waitFor()
    expect(await form.getByRole('button', { name: /veröffentlichen/ }).isDisabled()).toBe(true)
    await looksRight('a post that one account refuses')
    await form.getByRole('button', { name: '10.png entfernen' }).click()
    await line.getByRole('alert').waitFor({ state: 'detached' })
    expect(await form.getByRole('textbox', { name: 'Text' }).inputValue()).toBe('Elf Bilder.')
  })
})

describe('the listening post', () => {
  it('tries a search on the past, keeps it, and shows what it finds', async () => {
    expect(await deliver(hook, { id: 'past-1', text: 'Der Zauberkasten am Gleis klemmt.', author: 'Mara' })).toBe(202)
    await go(`conversations?view=open&inbox=${hook.id}`)
    await page.locator(rows, { hasText: 'Zauberkasten' }).waitFor()
    await go('listening')
    await page.getByRole('button', { name: 'Neue Suche' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Neue Suche' })
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Kästen')
    await dialog.getByRole('button', { name: 'Speichern' }).click()
    await dialog.getByRole('alert').filter({ hasText: 'wenigstens ein Wort' }).waitFor()
    await dialog.getByLabel('Wörter und Wendungen').last().fill('Zauberkasten')
    await page.keyboard.press('Enter')
    await dialog.getByRole('checkbox', { name: new RegExp(`${NAME}$`) }).check()
    await dialog.getByRole('button', { name: 'Ausprobieren' }).click()
    await dialog.getByText(/^1 von \d+ Nachrichten der letzten 30 Tage$/).waitFor()
    await dialog.getByText('Der Zauberkasten am Gleis klemmt.').waitFor()
    await looksRight('a search being tried')
    await dialog.getByRole('combobox', { name: 'Zustand' }).click()
    await page.getByRole('option', { name: 'Eingeschaltet' }).click()
    await dialog.getByRole('button', { name: 'Speichern' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('listitem').filter({ hasText: 'Kästen' }).getByText('Eingeschaltet').waitFor()
    expect(await deliver(hook, { id: 'now-1', text: 'Schon wieder ein Zauberkasten.', author: 'Nils' })).toBe(202)
    await page.getByRole('button', { name: 'Kästen', exact: true }).click()
    await page.getByRole('radiogroup', { name: 'Welche Treffer' }).getByText('Übernommen').click()
    const hit = page.getByRole('listitem').filter({ hasText: 'Schon wieder ein Zauberkasten.' })
    await hit.waitFor()
    await looksRight('hits')
    await hit.getByRole('button', { name: 'Öffnen' }).click()
    await page.waitForURL(/conversations\/\w+/)
    await page.locator('article', { hasText: 'Schon wieder ein Zauberkasten.' }).waitFor()
  })
})

describe('a comment of somebody else', () => {
  it('is liked by its key and says so, and is taken back by the same key', async () => {
    await go(`conversations?view=open&inbox=${hook.id}`)
    await page.locator(rows, { hasText: 'Schon wieder ein Zauberkasten.' }).click()
    const comment = page.locator('article', { hasText: 'Schon wieder ein Zauberkasten.' })
    await comment.waitFor()
    await page.getByRole('main').focus()
    await page.keyboard.press('l')
    await comment.getByText('darunter wir').waitFor({ state: 'attached' })
    expect(network.acts).toEqual(['reaction'])
    await looksRight('a comment that we like')
    await page.getByRole('main').focus()
    await page.keyboard.press('l')
    await expect.poll(() => network.acts, { timeout: 15_000 }).toEqual(['reaction', 'unreaction'])
    await comment.getByText('darunter wir').waitFor({ state: 'detached' })
  })
})

describe('holding replies', () => {
  it('are written to all selected rows by keys alone, named by time, and all taken back', async () => {
    await go(`conversations?view=open&inbox=${hook.id}`)
    await page.locator(rows).nth(1).waitFor()
    await page.keyboard.press('j')
    await page.waitForFunction(() => document.activeElement?.id.startsWith('row-'))
    await page.keyboard.press('x')
    await page.keyboard.press('j')
    await page.keyboard.press('x')
    const bar = page.getByRole('toolbar', { name: 'Ausgewählte Vorgänge' })
    await bar.getByText('2 ausgewählt').waitFor()
    await bar.getByRole('button', { name: 'Zwischenbescheid' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('list', { name: 'Vorschau' }).getByText(/(heute|morgen) um \d\d:\d\d Uhr/).first().waitFor()
    await looksRight('a holding reply')
    await dialog.getByRole('button', { name: 'An 2 Vorgänge senden' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('status').filter({ hasText: '2 Zwischenbescheide gehen hinaus' }).waitFor()
    await page.keyboard.press('u')
    await page.getByRole('status').filter({ hasText: '2 zurückgeholt' }).waitFor()
    expect(network.taken.filter((text) => text.includes('Uhr'))).toEqual(['Heute bis 22 Uhr für Sie da.'])
  })
})

describe('the phone note', () => {
  it('is found in the palette, refuses a number that is none, and becomes a conversation', async () => {
    await go('conversations?view=open')
    await page.waitForSelector(rows)
    await page.keyboard.press('Control+k')
    await page.keyboard.type('Telefonnotiz')
    await page.getByRole('option', { name: 'Telefonnotiz', exact: true }).waitFor()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Telefonnotiz' })
    await dialog.getByRole('textbox', { name: 'Wer hat angerufen?' }).fill('Frau Petersen')
    await dialog.getByRole('textbox', { name: 'Nummer' }).fill('keine')
    await dialog.getByRole('textbox', { name: 'Was wurde gesagt?' }).fill('Der Aufzug in Husum steht.')
    const several = dialog.getByRole('combobox', { name: 'Posteingang' })
    if (await several.count()) {
      await several.click()
      await page.getByRole('option', { name: 'Telefon am Prüfstand' }).click()
    }
    await dialog.getByRole('button', { name: 'Notieren' }).click()
    await dialog.getByText('Das ist keine Nummer mit Vorwahl.').waitFor()
    await looksRight('a phone note that lacks something')
    await dialog.getByRole('textbox', { name: 'Nummer' }).fill('+49 4841 555010')
    await dialog.getByRole('button', { name: 'Notieren' }).click()
    await page.waitForURL(/conversations\/\w+/)
    await page.locator('article', { hasText: 'Der Aufzug in Husum steht.' }).waitFor()
    await looksRight('a conversation that began by phone')
    expect(complaints.filter((said) => !said.includes('422'))).toEqual([])
  })
})

describe('390 px', () => {
  it('fits posts, listening post, overview and inboxes', async () => {
    const phone = await signIn(browser, { viewport: { width: 390, height: 844 }, hasTouch: true })
    for (const place of ['posts', 'listening', 'overview', 'settings/inboxes']) {
      await phone.goto(`${address}/desk/${place}`)
      await phone.locator('main :is(table, [data-empty], form, li)').first().waitFor()
      expect(await phone.evaluate(() => document.documentElement.scrollWidth), place).toBeLessThanOrEqual(390)
      expect(await findBarriers(phone), place).toEqual([])
    }
    await phone.context().close()
  })
})
