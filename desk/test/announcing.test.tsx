// Our posts: one text to several accounts, each in its own length, and what became of them.
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
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
    expect(told.textContent).toContain('Der Grund steht bei: Nordtalbahn auf Facebook.')
    const line = screen.getByRole('checkbox', { name: /Nordtalbahn auf Facebook/ }).closest('li') as HTMLElement
    expect(within(line).getByText('Der Posteingang ist angehalten.')).toBeTruthy()
    expect((await text() as HTMLTextAreaElement).value).toBe('Heute bis 22 Uhr.')
    await desk.person.type(await text(), ' Bitte')
    expect(within(line).queryByText('Der Posteingang ist angehalten.')).toBeNull()
    expect(screen.queryByText(/Nichts veröffentlicht/)).toBeNull()
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

  it('take pictures by paste and drop, each with its words, and say where none may go along', async () => {
    const desk = await startDesk({ path: '/desk/posts' })
    const place = await form()
    const picture = (name: string) => new File(['x'], name, { type: 'image/png' })
    fireEvent.paste(await text(), { clipboardData: { files: [picture('Aushang.png')], types: ['Files'] } })
    const alt = await screen.findByRole('textbox', { name: 'Bildbeschreibung: Aushang.png' })
    fireEvent.drop(place, { dataTransfer: { files: [picture('Bahnsteig.png')], types: ['Files'] } })
    expect(await screen.findByRole('textbox', { name: 'Bildbeschreibung: Bahnsteig.png' })).toBeTruthy()
    await desk.person.click(screen.getByRole('button', { name: 'Bahnsteig.png entfernen' }))
    expect(screen.queryByRole('textbox', { name: 'Bildbeschreibung: Bahnsteig.png' })).toBeNull()
    await desk.person.type(alt, 'Aushang mit neuen Zeiten')

    await desk.person.click(await screen.findByRole('checkbox', { name: /Nordtalbahn auf Plauder/ }))
    expect(await screen.findByText('Hier lassen sich keine Dateien anhängen.')).toBeTruthy()
    const one = () => screen.getByRole('button', { name: 'Auf 1 Konto veröffentlichen' })
    expect(one().hasAttribute('disabled')).toBe(true)
    await desk.person.click(screen.getByRole('checkbox', { name: /Nordtalbahn auf Plauder/ }))
    await desk.person.click(screen.getByRole('checkbox', { name: /Nordtalbahn auf Facebook/ }))
    await waitFor(() => expect(one().hasAttribute('disabled')).toBe(false))
    expect(screen.getByRole('img', { name: 'Aushang mit neuen Zeiten' })).toBeTruthy()
    await desk.person.click(one())
    await waitFor(() => expect(desk.sent('POST', '/posts')).toHaveLength(1))
    const told = desk.requests.filter((request) => request.method === 'PATCH' && request.path.startsWith('/uploads/'))
    expect(told.map((request) => request.body)).toEqual([{ alt: 'Aushang mit neuen Zeiten' }])
    expect(desk.sent('POST', '/posts')[0]?.body).toMatchObject({ attachments: [told[0]?.path.split('/').at(-1)] })
    await waitFor(() => expect(screen.queryByRole('textbox', { name: /Bildbeschreibung/ })).toBeNull())
  })

  it('keep words words when a table is pasted', async () => {
    await startDesk({ path: '/desk/posts' })
    await form()
    fireEvent.paste(await text(), { clipboardData: { files: [new File(['x'], 'bild.png', { type: 'image/png' })], types: ['text/plain', 'Files'] } })
    expect(screen.queryByRole('textbox', { name: /Bildbeschreibung/ })).toBeNull()
  })

  it('say what went wrong with the list, and help', async () => {
    const desk = await startDesk({ path: '/desk/alerts' })
    desk.rig((request) => request.method === 'GET' && request.path === '/posts', { status: 503, body: { status: 503, code: 'unavailable' } }, 9)
    await desk.person.click(await screen.findByRole('link', { name: 'Eigene Posts' }))
    expect(await screen.findByText(/Der Server ist gerade ausgelastet/, {}, { timeout: 9000 })).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Noch einmal versuchen' })).toBeTruthy()
  })
})
