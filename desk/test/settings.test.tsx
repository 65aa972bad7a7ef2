// Settings and the supervisor's places: forms from schemas, secrets once, quarantine and back.
import { screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import de from '../../locales/de.json'
import en from '../../locales/en.json'
import channels from './fake/channels.json'
import { startDesk } from './start-desk'

type Desk = Awaited<ReturnType<typeof startDesk>>
interface Field { type: string; title: string; description: string; secret?: boolean; multiline?: boolean; default?: unknown }
const fieldsOf = (channel: (typeof channels)[number]) => Object.entries(channel.settings_schema.properties as unknown as Record<string, Field>)
const words = (catalogue: object, key: string) => key.split('.').reduce<unknown>((inner, part) => (inner as Record<string, unknown> | undefined)?.[part], catalogue)

async function chooseChannel(desk: Desk, name: string) {
  await desk.person.click(screen.getByRole('combobox', { name: 'Kanal' }))
  await desk.person.click(await screen.findByRole('option', { name, hidden: true }))
}

describe('settings', () => {
  it('connects an inbox by the form its channel publishes and shows the secret once', async () => {
    const desk = await startDesk({ path: '/desk/settings/inboxes' })
    await screen.findAllByText('Nordtalbahn auf Plauder')
    await desk.person.click(screen.getByRole('button', { name: 'Posteingang verbinden' }))
    const dialog = await screen.findByRole('dialog')
    await chooseChannel(desk, 'Signierter Webhook')
    await desk.person.type(within(dialog).getByLabelText(/^Name/), 'Neuer Kanal')
    await desk.person.type(within(dialog).getByLabelText(/Adresse für Antworten/), 'https://network.example/a')
    await desk.person.click(within(dialog).getByRole('button', { name: 'Speichern' }))
    expect(await screen.findByDisplayValue(/^whsec_/)).toBeTruthy()
    expect(screen.getByDisplayValue(/\/hooks\/in_neu4Zt$/)).toBeTruthy()
    expect(desk.sent('POST', '/inboxes')[0]?.body).toMatchObject({ channel: 'webhook', brand: '1', settings: { answer_url: 'https://network.example/a' } })
  })

  it('shows a field’s trouble beside what was typed', async () => {
    const desk = await startDesk({ path: '/desk/settings/tags' })
    desk.rig((request) => request.method === 'POST' && request.path === '/tags', { status: 422, body: { status: 422, code: 'validation_failed', errors: [{ field: 'name', code: 'taken', detail: 'somebody has it' }] } })
    await desk.person.click(await screen.findByRole('button', { name: 'Schlagwort anlegen' }))
    await desk.person.type(await screen.findByLabelText(/^Name/), 'Lob')
    await desk.person.click(screen.getByRole('button', { name: 'Speichern' }))
    expect(await screen.findByText('Das ist schon vergeben.')).toBeTruthy()
    expect(screen.getByLabelText<HTMLInputElement>(/^Name/).value).toBe('Lob')
  })

  it('invites a person and shows the link to hand on', async () => {
    const desk = await startDesk({ path: '/desk/settings/people' })
    await desk.person.click(await screen.findByRole('button', { name: 'Person einladen' }))
    await desk.person.type(await screen.findByLabelText(/Vor- und Nachname/), 'Nora Lang')
    await desk.person.type(screen.getByLabelText(/E-Mail/), 'nora@nordtalbahn.example')
    await desk.person.click(screen.getByRole('button', { name: 'Einladen' }))
    expect(await screen.findByDisplayValue(/\/desk\/invitation\//)).toBeTruthy()
  })

  it('takes a delivery from quarantine in again', async () => {
    const desk = await startDesk({ path: '/desk/quarantine' })
    const before = (await screen.findAllByRole('button', { name: 'Noch einmal einlesen' })).length
    expect(screen.getByText('Das Feld „author“ fehlt.')).toBeTruthy()
    expect(screen.queryByText(/is missing/)).toBeNull()
    await desk.person.click(screen.getAllByRole('button', { name: 'Noch einmal einlesen' })[0] as HTMLElement)
    await waitFor(() => expect(screen.getAllByRole('button', { name: 'Noch einmal einlesen' })).toHaveLength(before - 1))
  })

  it('shows the supervisor what waits, who is here and which channel is disturbed', async () => {
    await startDesk({ path: '/desk/overview' })
    expect(await screen.findByText('Am längsten öffentlich ohne Antwort')).toBeTruthy()
    expect(screen.getAllByText('gestört').length).toBeGreaterThan(0)
    expect(screen.getByText('schreibt gerade')).toBeTruthy()
  })

  it('erases a contact only after the word was typed', async () => {
    const desk = await startDesk({ path: '/desk/conversations?view=mine' })
    await desk.person.click(await screen.findByRole('link', { name: /Anna Lindner/ }))
    await desk.person.click(await screen.findByRole('button', { name: /Kontakt löschen/ }))
    const act = await screen.findByRole('button', { name: 'Endgültig löschen' })
    expect(act.hasAttribute('disabled')).toBe(true)
    await desk.person.type(screen.getByLabelText(/Zur Bestätigung/), 'LÖSCHEN')
    await desk.person.click(act)
    await waitFor(() => expect(desk.requests.some((item) => item.method === 'DELETE' && item.path.startsWith('/contacts/'))).toBe(true))
    expect(await screen.findByText('Der Kontakt ist gelöscht.')).toBeTruthy()
  })
})

describe('settings of channels', () => {
  it('have a name and words for every field in both languages', () => {
    const keys = channels.flatMap((channel) => [`desk.channel.${channel.channel}`, ...fieldsOf(channel).flatMap(([, field]) => [field.title, field.description])])
    expect(channels).toHaveLength(19)
    expect([de, en].flatMap((catalogue) => keys.filter((key) => typeof words(catalogue, key) !== 'string'))).toEqual([])
  })

  it.each(channels.map((channel) => [channel.channel, channel] as const))('can be filled in to connect %s', async (name, channel) => {
    const desk = await startDesk({ path: '/desk/settings/inboxes' })
    await screen.findAllByText('Nordtalbahn auf Plauder')
    await desk.person.click(screen.getByRole('button', { name: 'Posteingang verbinden' }))
    const dialog = await screen.findByRole('dialog')
    await chooseChannel(desk, words(de, `desk.channel.${name}`) as string)
    const { required } = channel.settings_schema
    const inputs = (key: string) => dialog.querySelectorAll<HTMLInputElement>(`[data-setting="${key}"] :is(input, textarea):not([type=hidden])`)
    for (const [key, field] of fieldsOf(channel)) {
      const [input] = inputs(key)
      expect(input, key).toBeTruthy()
      if (field.secret) expect(field.multiline ? input?.tagName : input?.type, key).toBe(field.multiline ? 'TEXTAREA' : 'password')
      expect(input?.closest('[data-setting]')?.textContent, key).toContain(words(de, field.title))
    }
    const fill = async (input: HTMLElement, text: string) => {
      await desk.person.click(input)
      await desk.person.paste(text)
    }
    await fill(within(dialog).getByLabelText(/^Name( \*)?$/), 'Neu')
    for (const key of required) {
      const input = inputs(key)[0] as HTMLInputElement
      if (input.value === '') await fill(input, input.type === 'url' ? 'https://network.example' : `Wert ${key}`)
    }
    await desk.person.click(within(dialog).getByRole('button', { name: 'Speichern' }))
    await waitFor(() => expect(desk.sent('POST', '/inboxes')).toHaveLength(1))
    const sent = desk.sent('POST', '/inboxes')[0]?.body as { settings: object } | undefined
    expect(Object.keys(sent?.settings ?? {}).toSorted()).toEqual([...required].toSorted())
  })

  it('keep the lines of a key, and send nothing of another channel', async () => {
    const desk = await startDesk({ path: '/desk/settings/inboxes' })
    await desk.person.click(await screen.findByRole('button', { name: 'Posteingang verbinden' }))
    const dialog = await screen.findByRole('dialog')
    await chooseChannel(desk, 'Telegram')
    await desk.person.type(within(dialog).getByLabelText(/Token des Bots/), '12:abc')
    await chooseChannel(desk, 'App Store')
    await desk.person.type(within(dialog).getByLabelText(/^Name/), 'Bewertungen')
    for (const label of [/Apple-ID/, /Aussteller-ID/, /Schlüssel-ID/]) await desk.person.type(within(dialog).getByLabelText(label), '42')
    await desk.person.click(within(dialog).getByLabelText(/Privater Schlüssel/))
    const key = '-----BEGIN PRIVATE KEY-----\nMIGT\n-----END PRIVATE KEY-----'
    await desk.person.paste(key)
    await desk.person.click(within(dialog).getByRole('button', { name: 'Speichern' }))
    await waitFor(() => expect(desk.sent('POST', '/inboxes')).toHaveLength(1))
    expect(desk.sent('POST', '/inboxes')[0]?.body).toMatchObject({ channel: 'app_store', settings: { app_id: '42', issuer_id: '42', key_id: '42', private_key: key } })
    expect(desk.sent('POST', '/inboxes')[0]?.body).not.toHaveProperty('settings.token')
  })

  it('do not ask again for a secret that is set, and leave it as it is', async () => {
    const desk = await startDesk({ path: '/desk/settings/inboxes' })
    await desk.person.click(await screen.findByRole('button', { name: 'Telvia Telegram ändern' }))
    const token = within(await screen.findByRole('dialog')).getByPlaceholderText('Gesetzt. Leer lassen, damit es bleibt.')
    expect(token.hasAttribute('required')).toBe(false)
    await desk.person.type(screen.getByLabelText(/Eigener Kanal/), '@telvia')
    await desk.person.click(screen.getByRole('button', { name: 'Speichern' }))
    await waitFor(() => expect(desk.requests.filter((item) => item.method === 'PATCH')).toHaveLength(1))
    expect(desk.requests.find((item) => item.method === 'PATCH')?.body).toMatchObject({ settings: { channel: '@telvia' } })
  })

  it('show a folded field that is wrong', async () => {
    const desk = await startDesk({ path: '/desk/settings/inboxes' })
    await desk.person.click(await screen.findByRole('button', { name: 'Nordtalbahn auf X ändern' }))
    const dialog = await screen.findByRole('dialog')
    expect(within(dialog).getByRole('group', { name: 'Das Limit des Netzwerks ist erreicht.' })).toBeTruthy()
    const folded = dialog.querySelector('[data-setting=poll_seconds]')?.closest('details') as HTMLDetailsElement
    expect(folded.open).toBe(false)
    desk.rig((request) => request.method === 'PATCH', { status: 422, body: { status: 422, code: 'validation_failed', errors: [{ field: 'settings.poll_seconds', code: 'out_of_range', detail: 'outside the allowed range' }] } })
    for (const key of ['account_id', 'access_token']) await desk.person.type(dialog.querySelector(`[data-setting=${key}] input`) as HTMLElement, '1')
    await desk.person.click(screen.getByRole('button', { name: 'Speichern' }))
    expect(await screen.findByText('Das liegt außerhalb des Erlaubten.')).toBeTruthy()
    expect(folded.open).toBe(true)
  })

  it('give the address for deliveries to be copied, and the whole one in the form', async () => {
    const desk = await startDesk({ path: '/desk/settings/inboxes' })
    await desk.person.click(await screen.findByRole('button', { name: 'Adresse für Lieferungen an Nordtalbahn auf Facebook kopieren' }))
    expect(await navigator.clipboard.readText()).toBe(`${window.location.origin}/hooks/in_35x7Kq`)
    await desk.person.click(screen.getByRole('button', { name: 'Nordtalbahn auf Facebook ändern' }))
    expect(await screen.findByDisplayValue(`${window.location.origin}/hooks/in_35x7Kq`)).toBeTruthy()
    expect(screen.queryByRole('button', { name: /Lieferungen an Telvia Telegram/ })).toBeNull()
  })
})
