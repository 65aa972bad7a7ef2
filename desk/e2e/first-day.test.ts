// The first day with an empty kulant: the first administrator comes in, connects an inbox, answers, is refused,
// and stays at work while the program is killed and started again.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, openContext, write } from './browser'
import { deliver, type Hook, Network } from './network'
import { end, findProgram, freePort, readyWords } from './program'

const password = 'ein langes Passwort 7'
const network = new Network()
const folder = mkdtempSync(join(tmpdir(), 'kulant-first-day-'))
const hook: Hook = { address: '', path: '', secret: '' }
let listen: string
let child: ChildProcess
let browser: Browser
let page: Page
let answers: string

async function start(): Promise<string> {
  child = spawn(findProgram(), ['serve', '--data', folder, '--listen', listen], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KULANT_ALLOWED_HOSTS: '127.0.0.1' },
  })
  return readyWords(child, 'ready listen=')
}

const reply = (words: string) => write(page, 'r', words)

beforeAll(async () => {
  listen = `127.0.0.1:${await freePort()}`
  hook.address = `http://${listen}`
  answers = await network.open()
  browser = await launch()
  const said = await start()
  const link = said.match(/\/desk\/invitation\/\S+/)?.[0] ?? ''
  expect(link).not.toBe('')
  const context = await openContext(browser)
  page = await context.newPage()
  await page.goto(hook.address + link)
})
afterAll(async () => {
  await browser?.close()
  network.close()
  if (child) await end(child)
  rmSync(folder, { recursive: true, force: true })
})

describe('the first day', () => {
  it('lets the first administrator in by the link, with a password that is long enough', async () => {
    await page.fill('input[name=password]', 'kurz')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=alert]')
    await page.fill('input[name=password]', password)
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/desk\/conversations/)
  })

  it('connects an inbox and shows its secret once', async () => {
    await page.goto(`${hook.address}/desk/settings/inboxes`)
    await page.getByRole('button', { name: /Posteingang verbinden|Connect an inbox/ }).click()
    const form = page.getByRole('dialog')
    await form.getByRole('combobox', { name: /Kanal|Channel/ }).click()
    await page.getByRole('option', { name: /Webhook/i }).click()
    await form.getByRole('textbox', { name: /^Name/ }).fill('Plauder')
    await form.getByRole('textbox', { name: /Adresse für Antworten|Address for answers/ }).fill(answers)
    await form.getByRole('button', { name: /Speichern|Save/ }).click()
    const secret = page.locator('input[readonly][value^="whsec_"]')
    await secret.waitFor()
    hook.secret = await secret.inputValue()
    hook.path = new URL(await page.locator('input[readonly][value*="/hooks/"]').inputValue()).pathname
    await page.getByRole('button', { name: /Fertig|Done/ }).click()
  })

  it('shows the first post, and a refused answer with its reason, an alarm and the way to try again', async () => {
    await page.goto(`${hook.address}/desk/conversations?view=open`)
    await page.waitForSelector('nav')
    expect(await deliver(hook, { id: 'p1', text: 'Gilt die Karte auch sonntags?', author: 'Anna' })).toBe(202)
    await page.locator('a[id^="row-"]', { hasText: 'auch sonntags' }).click()
    await page.waitForSelector('article')
    network.refuses = 'Kein Link erlaubt.'
    await reply('Ja, auch sonntags.')
    await page.keyboard.press('Control+Enter')
    const answer = page.locator('article', { hasText: 'Ja, auch sonntags.' })
    await answer.getByRole('alert').filter({ hasText: 'Kein Link erlaubt.' }).waitFor()
    await page.getByRole('link', { name: /(Alarme|Alerts)\s*1/ }).waitFor()
    network.refuses = null
    await answer.getByRole('button', { name: /Noch einmal senden|Send again/ }).click()
    await answer.getByText(/^(Gesendet|Sent)$/).waitFor()
    expect(network.taken.filter((text) => text.startsWith('Ja, auch sonntags.'))).toHaveLength(1)
  })

  it('holds a reply until later and gives its words back', async () => {
    await reply('Bis morgen früh.')
    await page.getByRole('button', { name: /Später senden|Send later/ }).click()
    await page.getByRole('option').first().click()
    const held = page.locator('article', { hasText: 'Bis morgen früh.' })
    await held.getByRole('button', { name: /Rückgängig|Undo/ }).click()
    await page.waitForFunction(() => document.querySelector('textarea')?.value === 'Bis morgen früh.')
    await page.locator('textarea').first().fill('')
  })

  it('goes on without a gap when the program was killed and is back, and nobody reloads', async () => {
    await page.evaluate(() => Object.assign(window, { sameDesk: true }))
    const gone = new Promise((over) => child.once('exit', over))
    child.kill('SIGKILL')
    await gone
    await page.getByText(/Verbindung ist unterbrochen|connection is interrupted/).first().waitFor()
    await start()
    for (const number of [1, 2, 3]) expect(await deliver(hook, { id: `again-${number}`, text: `Noch da? ${number}`, author: 'Anna', parent: 'p1' })).toBe(202)
    for (const number of [1, 2, 3]) await page.locator('article', { hasText: `Noch da? ${number}` }).waitFor()
    expect(await page.locator('article', { hasText: 'Noch da?' }).count()).toBe(3)
    await page.waitForFunction(() => !/Verbindung ist unterbrochen|connection is interrupted/.test(document.body.innerText))
    expect(await page.evaluate(() => 'sameDesk' in window)).toBe(true)
  })

  it('signs out, says when the password is wrong, and lets in again', async () => {
    await page.locator('nav button[aria-haspopup=menu]').click()
    await page.getByRole('menuitem', { name: /Abmelden|Sign out/ }).click()
    await page.waitForURL(/sign-in/)
    await page.fill('input[name=email]:visible', 'niemand@example.org')
    await page.fill('input[name=password]', 'falsch')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=alert]')
    expect(await page.inputValue('input[name=email]:visible')).toBe('niemand@example.org')
  })
})
