// The door: signing in, the way back to where one wanted to go, invitations, and what stays hidden from whom.
import { screen, waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { startDesk } from './start-desk'

describe('session', () => {
  it('asks to sign in and leads on', async () => {
    const desk = await startDesk({ signedIn: false, path: '/desk/conversations?view=open' })
    await desk.person.type(await screen.findByLabelText(/E-Mail/), 'mia@nordtalbahn.example')
    await desk.person.type(screen.getByLabelText(/^Passwort/, { selector: 'input' }), 'not-the-one')
    await desk.person.click(screen.getByRole('button', { name: 'Anmelden' }))
    expect(await screen.findByRole('heading', { name: 'Alle offenen' })).toBeTruthy()
  })

  it('says why when the door stays shut, and keeps what was typed', async () => {
    const desk = await startDesk({ signedIn: false, path: '/desk/sign-in' })
    await desk.person.type(await screen.findByLabelText(/E-Mail/), 'nobody@example.org')
    await desk.person.type(screen.getByLabelText(/^Passwort/, { selector: 'input' }), 'x')
    await desk.person.click(screen.getByRole('button', { name: 'Anmelden' }))
    expect(await screen.findByText(/E-Mail oder Passwort stimmen nicht/)).toBeTruthy()
    expect(screen.getByLabelText<HTMLInputElement>(/E-Mail/).value).toBe('nobody@example.org')
  })

  it('greets an invited person and wants a long password', async () => {
    const desk = await startDesk({ signedIn: false, path: '/desk/invitation/good' })
    expect(await screen.findByRole('heading', { name: 'Willkommen, Clara Voss' })).toBeTruthy()
    await desk.person.type(screen.getByLabelText(/Neues Passwort/, { selector: 'input' }), 'short')
    await desk.person.click(screen.getByRole('button', { name: 'Anfangen' }))
    expect(await screen.findByText('Das Passwort braucht mindestens 12 Zeichen.')).toBeTruthy()
    await desk.person.type(screen.getByLabelText(/Neues Passwort/, { selector: 'input' }), ' but now long enough')
    await desk.person.click(screen.getByRole('button', { name: 'Anfangen' }))
    expect(await screen.findByRole('heading', { name: 'Meine' })).toBeTruthy()
  })

  it('says that a used invitation is gone', async () => {
    await startDesk({ signedIn: false, path: '/desk/invitation/used' })
    expect(await screen.findByText('Diese Einladung gilt nicht mehr')).toBeTruthy()
  })

  it('sends the CSRF token with every write', async () => {
    const desk = await startDesk({ path: '/desk/preferences' })
    await desk.person.click(await screen.findByRole('radio', { name: 'dunkel' }))
    await waitFor(() => expect(desk.sent('PATCH', '/session/preferences')[0]?.headers['x-csrf-token']).toBe('fake-csrf'))
    expect(document.documentElement.dataset.mantineColorScheme).toBe('dark')
  })

  it('shows an agent neither overview nor quarantine', async () => {
    await startDesk({ account: '22', path: '/desk/' })
    await screen.findByRole('heading', { name: 'Meine' })
    expect(screen.queryByRole('link', { name: 'Lage' })).toBeNull()
    expect(screen.queryByRole('link', { name: /Quarantäne/ })).toBeNull()
  })
})
