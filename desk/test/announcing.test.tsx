// Our posts: one text to several accounts, each in its own length, and what became of them.
import { screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { startDesk } from './start-desk'

const form = () => screen.findByRole('form', { name: 'Neuer Post' })
const text = () => screen.findByRole('textbox', { name: 'Text' })

describe('our posts', () => {
  it('are reached from the navigation by those who may, and by nobody else', async () => {
    await startDesk({ path: '/desk/posts' })
    expect(await screen.findByRole('heading', { name: 'Eigene Posts', level: 1 })).toBeTruthy()
    expect(screen.getByRole('link', { name: 'Eigene Posts' })).toBeTruthy()
    expect(await screen.findByText('Noch nichts gepostet')).toBeTruthy()
  })

  it('are no place for agents', async () => {
    await startDesk({ path: '/desk/conversations', account: '24' })
    await screen.findByRole('link', { name: 'Alarme' })
    expect(screen.queryByRole('link', { name: 'Eigene Posts' })).toBeNull()
  })

  it('count each account in its own way and are not sent where one refuses', async () => {
    const desk = await startDesk({ path: '/desk/posts' })
    await form()
    await desk.person.click(await screen.findByRole('checkbox', { name: 'Alle Konten' }))
    await desk.person.click(await text())
    await desk.person.paste('ä'.repeat(300))
    expect(await screen.findByText('20 Zeichen zu viel')).toBeTruthy()
    expect(screen.getByText('300 von 500')).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Auf 3 Konten veröffentlichen' }).hasAttribute('disabled')).toBe(true)

    const line = screen.getByText('20 Zeichen zu viel').closest('li') as HTMLElement
    await desk.person.click(within(line).getByRole('button', { name: 'Eigenen Text schreiben' }))
    const own = within(line).getByRole('textbox')
    await desk.person.clear(own)
    await desk.person.type(own, 'Kurz gesagt.')
    const button = screen.getByRole('button', { name: 'Auf 3 Konten veröffentlichen' })
    await waitFor(() => expect(button.hasAttribute('disabled')).toBe(false))
    await desk.person.click(button)
    await waitFor(() => expect(desk.requests.some((one) => one.method === 'POST' && one.path === '/posts')).toBe(true))
    const sent = desk.requests.find((one) => one.method === 'POST' && one.path === '/posts')?.body as { inboxes: string[]; texts: Record<string, string>; send_at: string }
    expect(sent.inboxes.length).toBe(3)
    expect(Object.values(sent.texts)).toEqual(['Kurz gesagt.'])
    expect(Date.parse(sent.send_at)).toBeGreaterThan(Date.now())
    expect((await screen.findAllByText(/Geht am .* hinaus/)).length).toBe(3)
  })

  it('say which account refused, and keep the text', async () => {
    const desk = await startDesk({ path: '/desk/posts' })
    await form()
    await desk.person.click(await screen.findByRole('checkbox', { name: /Nordtalbahn auf Facebook/ }))
    await desk.person.type(await text(), 'Heute bis 22 Uhr.')
    desk.rig((request) => request.method === 'POST' && request.path === '/posts', {
      status: 422, body: { status: 422, code: 'validation_failed', title: 'x', errors: [{ field: 'inboxes.35', code: 'inbox_is_paused', detail: '' }] },
    })
    await desk.person.click(screen.getByRole('button', { name: 'Auf 1 Konto veröffentlichen' }))
    const told = await screen.findByText(/Nichts veröffentlicht/)
    expect(told.textContent).toContain('Nordtalbahn auf Facebook: Der Posteingang ist angehalten.')
    expect((await text() as HTMLTextAreaElement).value).toBe('Heute bis 22 Uhr.')
  })

  it('can be called back account by account', async () => {
    const desk = await startDesk({ path: '/desk/posts' })
    await form()
    await desk.person.click(await screen.findByRole('checkbox', { name: /Nordtalbahn auf Facebook/ }))
    await desk.person.type(await text(), 'Heute bis 22 Uhr.')
    await desk.person.click(screen.getByRole('button', { name: 'Auf 1 Konto veröffentlichen' }))
    const list = (await screen.findByRole('heading', { name: 'Bisherige Posts' })).closest('section') as HTMLElement
    await desk.person.click(await within(list).findByRole('button', { name: 'Rückgängig' }))
    expect(await within(list).findByText('Zurückgeholt')).toBeTruthy()
  })
})
