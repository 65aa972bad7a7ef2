// Connecting an inbox at its network's own page: there and back, and what came of it.
import { screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { leave } from '../src/lib/leave'
import { startDesk } from './start-desk'

type Desk = Awaited<ReturnType<typeof startDesk>>

async function makeMastodon(desk: Desk) {
  await desk.person.click(await screen.findByRole('button', { name: 'Posteingang verbinden' }))
  await desk.person.click(await screen.findByRole('combobox', { name: 'Kanal' }))
  await desk.person.click(await screen.findByRole('option', { name: 'Mastodon', hidden: true }))
  const dialog = await screen.findByRole('dialog')
  await desk.person.type(within(dialog).getByLabelText(/^Name( \*)?$/), 'Mastodon')
  await desk.person.click(within(dialog).getByRole('button', { name: 'Speichern' }))
  await waitFor(() => expect(desk.sent('POST', '/inboxes')).toHaveLength(1))
  return desk.fake.world.inboxes.at(-1)?.id as string
}

describe('connecting an inbox', () => {
  it('needs no token typed in, and leads to the network’s page', async () => {
    const went = vi.spyOn(leave, 'to').mockImplementation(() => undefined)
    const desk = await startDesk({ path: '/desk/settings/inboxes' })
    const inbox = await makeMastodon(desk)
    expect(desk.sent('POST', '/inboxes')[0]?.body).toMatchObject({ settings: { base_url: 'https://mastodon.social' } })
    expect((await screen.findAllByText('Noch nicht mit dem Netzwerk verbunden.')).length).toBeGreaterThan(0)
    await desk.person.click(await screen.findByRole('button', { name: 'Mit Mastodon verbinden' }))
    await waitFor(() => expect(went).toHaveBeenCalledWith('https://network.example/authorise?state=s'))
    expect(desk.sent('POST', `/inboxes/${inbox}/connection`)).toHaveLength(1)
    expect(screen.getByText('Öffentliche und direkte Beiträge lesen')).toBeTruthy()
    went.mockRestore()
  })

  it('says what the network said no to', async () => {
    const desk = await startDesk({ path: '/desk/settings/inboxes' })
    await makeMastodon(desk)
    desk.rig((request) => request.method === 'POST' && request.path.endsWith('/connection'), { status: 409, body: { status: 409, code: 'connection_refused', facts: { detail: 'unknown app' } } })
    await desk.person.click(await screen.findByRole('button', { name: 'Mit Mastodon verbinden' }))
    expect((await screen.findByRole('alert')).textContent).toContain('unknown app')
  })

  it('tells whoever comes back that it worked, and cleans the address', async () => {
    const desk = await startDesk({ path: '/desk/settings/inboxes?inbox=1&connection=connected' })
    expect(await screen.findByText(/^Verbunden\./)).toBeTruthy()
    await waitFor(() => expect(window.location.search).toBe(''))
    expect(desk.sent('POST', '/inboxes')).toHaveLength(0)
    expect(screen.queryByRole('dialog')).toBeNull()
  })

  it('shows what went wrong where it can be tried again', async () => {
    await startDesk({ path: '/desk/settings/inboxes?inbox=35&connection=other_account' })
    const dialog = await screen.findByRole('dialog', { name: 'Nordtalbahn auf Facebook' })
    expect((await within(dialog).findByRole('alert')).textContent).toContain('ein anderes Konto')
    expect(within(dialog).getByRole('button', { name: 'Neu mit Facebook verbinden' })).toBeTruthy()
  })

  it('lets one of several accounts be chosen', async () => {
    const path = '/desk/settings/inboxes?inbox=35&connection=choose'
    const desk = await startDesk({ path })
    const choices = [{ id: '7', name: 'Nordtalbahn' }, { id: '8', name: 'Südtalbahn' }]
    const offer = { at: 'Facebook', redirect_url: 'https://desk.example/connect/callback', scopes: [], missing: [], choices }
    desk.rig((request) => request.method === 'GET' && request.path.endsWith('/connection'), { status: 200, body: offer })
    await desk.person.click(await screen.findByRole('combobox', { name: 'Welches Konto soll es sein?' }))
    await desk.person.click(await screen.findByRole('option', { name: 'Südtalbahn', hidden: true }))
    await desk.person.click(screen.getByRole('button', { name: 'Dieses Konto verbinden' }))
    expect(await screen.findByText(/^Verbunden\./)).toBeTruthy()
    expect(desk.sent('POST', '/connection/choice')[0]?.body).toEqual({ account: '8' })
  })
})
