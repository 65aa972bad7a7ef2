// Settings and the supervisor's places: forms from schemas, secrets once, quarantine and back.
import { screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { startDesk } from './start-desk'

describe('settings', () => {
  it('connects an inbox by the form its channel publishes and shows the secret once', async () => {
    const desk = await startDesk({ path: '/desk/settings/inboxes' })
    await screen.findAllByText('Nordtalbahn auf Plauder')
    await desk.person.click(screen.getByRole('button', { name: 'Posteingang verbinden' }))
    const dialog = await screen.findByRole('dialog')
    await desk.person.type(within(dialog).getByLabelText(/^Name/), 'Neuer Kanal')
    await desk.person.type(within(dialog).getByLabelText(/Adresse für Antworten/), 'https://network.example/a')
    await desk.person.click(within(dialog).getByRole('button', { name: 'Speichern' }))
    expect(await screen.findByDisplayValue(/^whsec_/)).toBeTruthy()
    expect(screen.getByDisplayValue(/\/hooks\/in_neu4Zt$/)).toBeTruthy()
    expect(desk.sent('POST', '/inboxes')[0]?.body).toMatchObject({ channel: 'webhook', brand: '1', settings: { answer_url: 'https://network.example/a' } })
  })

  it('shows a field’s trouble beside what was typed', async () => {
    const desk = await startDesk({ path: '/desk/settings/tags' })
    desk.rig((request) => request.method === 'POST' && request.path === '/tags', { status: 422, body: { status: 422, code: 'validation_failed', errors: [{ field: 'name', code: 'taken', detail: 'schon vergeben' }] } })
    await desk.person.click(await screen.findByRole('button', { name: 'Schlagwort anlegen' }))
    await desk.person.type(await screen.findByLabelText(/^Name/), 'Lob')
    await desk.person.click(screen.getByRole('button', { name: 'Speichern' }))
    expect(await screen.findByText('schon vergeben')).toBeTruthy()
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
    expect(screen.getByText('gestört')).toBeTruthy()
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
