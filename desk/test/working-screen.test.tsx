// The working screen on a fake server: reading, acting, undoing, losing a race, filters in the address.
import { act, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { startDesk } from './start-desk'

const anna = (desk: Awaited<ReturnType<typeof startDesk>>) => {
  const found = desk.fake.world.conversations.find((item) => item.contact?.name === 'Anna Lindner')
  if (!found) throw new Error('the fake world has no Anna')
  return found
}

async function openAnna() {
  const probe = await startDesk({ path: '/desk/conversations?view=mine' })
  const row = await screen.findByRole('link', { name: /Anna Lindner/ })
  await probe.person.click(row)
  await screen.findByRole('heading', { name: 'RE 7 seit Wochen unpünktlich' })
  return probe
}

describe('working screen', () => {
  it('lists the view with its count and opens a conversation with post, bystanders folded and the first unread marked', async () => {
    const desk = await openAnna()
    expect(screen.getByRole('link', { name: /^Meine/ }).getAttribute('aria-current')).toBe('page')
    expect(await screen.findByText(/Unter dem Beitrag von/)).toBeTruthy()
    expect(screen.getByText('Fahrplan heute')).toBeTruthy()
    expect(await screen.findByRole('button', { name: /4 Nachrichten von 4 Mitlesern/ })).toBeTruthy()
    expect(screen.queryByText('Bei mir waren es am Dienstag sogar 55 Minuten.')).toBeNull()
    await desk.person.click(screen.getByRole('button', { name: /4 Nachrichten von 4 Mitlesern/ }))
    expect(screen.getByText('Bei mir waren es am Dienstag sogar 55 Minuten.')).toBeTruthy()
    expect(screen.getByText('Neu ab hier')).toBeTruthy()
  })

  it('says in the list where the last message has no words left', async () => {
    const desk = await startDesk({ path: '/desk/preferences' })
    anna(desk).preview = ''
    await desk.person.click(await screen.findByRole('link', { name: /^Meine/ }))
    expect(within(await screen.findByRole('link', { name: /Anna Lindner/ })).getByText('ohne Text')).toBeTruthy()
  })

  it('resolves with a key, shows it at once and takes it back with u and the new version', async () => {
    const desk = await openAnna()
    const conversation = anna(desk)
    await desk.person.keyboard('e')
    expect(await screen.findByRole('button', { name: 'Wieder öffnen' })).toBeTruthy()
    await waitFor(() => expect(conversation.status).toBe('resolved'))
    const version = conversation.version
    await desk.person.keyboard('u')
    await waitFor(() => expect(conversation.status).toBe('open'))
    expect(desk.sent('POST', '/status').at(-1)?.headers['if-match']).toBe(`"${version}"`)
  })

  it('tells when somebody was faster and never overwrites', async () => {
    const desk = await openAnna()
    const conversation = anna(desk)
    Object.assign(conversation, { version: conversation.version + 3, priority: 'urgent' })
    await desk.person.keyboard('e')
    expect(await screen.findByText(/Jemand war schneller/)).toBeTruthy()
    expect(conversation.status).toBe('open')
    expect(desk.sent('POST', '/status')).toHaveLength(1)
    expect(await screen.findByRole('button', { name: 'Lösen' })).toBeTruthy()
  })

  it('assigns to a colleague through the picker', async () => {
    const desk = await openAnna()
    await desk.person.keyboard('{Shift>}A{/Shift}')
    await desk.person.type(await screen.findByRole('combobox', { name: 'Zuteilen an', hidden: true }), 'jonas{Enter}')
    await waitFor(() => expect(anna(desk).assignee?.name).toBe('Jonas Petersen'))
  })

  it('keeps filters in the address and sends them', async () => {
    const desk = await startDesk({ path: '/desk/conversations?view=open&kind=complaint&tag=41' })
    await screen.findByRole('link', { name: /Anna Lindner/ })
    const asked = desk.requests.find((item) => item.path === '/conversations')
    expect(asked?.query).toMatchObject({ status: 'open', kind: 'complaint', tag: '41' })
    await desk.person.click(screen.getByRole('button', { name: 'Filter Verspätung entfernen' }))
    await waitFor(() => expect(Object.fromEntries(new URLSearchParams(window.location.search))).toEqual({ kind: 'complaint', view: 'open' }))
  })

  it('shows the words a saved view searches for, lets them go and keeps what is typed meanwhile', async () => {
    const desk = await startDesk({ path: '/desk/conversations?view=open' })
    desk.fake.world.views.push({ id: '52', name: 'Fahrplan', shared: false, filter: { q: 'Anna', status: 'open' } })
    await desk.person.click(await screen.findByRole('link', { name: /^Alle offenen/ }))
    await act(() => desk.client.invalidateQueries())
    await desk.person.click(await screen.findByRole('link', { name: 'Fahrplan' }))
    const field = screen.getByRole('searchbox') as HTMLInputElement
    await waitFor(() => expect(field.value).toBe('Anna'))
    await desk.person.clear(field)
    await waitFor(() => expect(desk.sent('GET', '/conversations').at(-1)?.query.q).toBeUndefined())
    await desk.person.type(field, 'Tagesticket ')
    await waitFor(() => expect(desk.sent('GET', '/conversations').at(-1)?.query.q).toBe('Tagesticket'))
    await desk.person.type(field, 'gilt')
    expect(field.value).toBe('Tagesticket gilt')
  })

  it('leaves single keys alone when they are switched off', async () => {
    const desk = await openAnna()
    await act(async () => {
      desk.client.setQueryData(['session'], (known: { agent: object }) => ({ ...known, agent: { ...known.agent, single_key_shortcuts: false } }))
      await new Promise((resume) => setTimeout(resume, 50))
    })
    await desk.person.keyboard('e')
    await new Promise((resume) => setTimeout(resume, 50))
    expect(desk.sent('POST', '/status')).toHaveLength(0)
    await desk.person.keyboard('{Control>}k{/Control}')
    expect(await screen.findByRole('combobox', { name: /Ansicht, Seite/ })).toBeTruthy()
  })

  it('shows all keys', async () => {
    const desk = await openAnna()
    await desk.person.keyboard('?')
    const sheet = await screen.findByRole('dialog', { name: 'Tasten' })
    expect(within(sheet).getByText('Alles finden')).toBeTruthy()
  })

  it('speaks English without a reload', async () => {
    const desk = await openAnna()
    desk.client.setQueryData(['session'], (known: { agent: object }) => ({ ...known, agent: { ...known.agent, language: 'en' } }))
    expect(await screen.findByRole('button', { name: 'Resolve' })).toBeTruthy()
    expect(document.documentElement.lang).toBe('en')
  })

  it('says what is wrong where a conversation cannot be loaded, and offers another try only where it helps', async () => {
    const desk = await startDesk({ path: '/desk/conversations/999999?view=mine' })
    expect(await screen.findByText('Das gibt es nicht oder nicht mehr.')).toBeTruthy()
    expect(screen.queryByRole('button', { name: 'Noch einmal versuchen' })).toBeNull()
    desk.rig((request) => request.path.startsWith('/conversations/'), { status: 500, body: { status: 500, code: 'internal' } }, 100)
    await desk.person.click(screen.getAllByRole('link', { name: /./ }).find((link) => link.getAttribute('href')?.includes('/desk/conversations/'))!)
    expect(await screen.findByRole('button', { name: 'Noch einmal versuchen' }, { timeout: 8000 })).toBeTruthy()
  })
})
