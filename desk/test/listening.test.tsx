// The listening post: searches are tried before they run, hits are taken up or put aside, nothing is answered.
import { screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { startDesk } from './start-desk'

const page = () => screen.findByRole('main')

describe('listening post', () => {
  it('teaches while there is no search, and tries one before it is saved', async () => {
    const desk = await startDesk({ path: '/desk/listening', account: '21' })
    expect(await screen.findByText('Noch hört hier niemand zu')).toBeTruthy()
    await desk.person.click(screen.getByRole('button', { name: 'Neue Suche' }))
    const dialog = within(await screen.findByRole('dialog', { name: 'Neue Suche' }))
    await desk.person.type(dialog.getByRole('textbox', { name: 'Name' }), 'Bahn')
    await desk.person.type(dialog.getByLabelText('Wörter und Wendungen', { selector: 'input' }), 'Nordtalbahn{Enter}')
    const box = desk.fake.world.inboxes[0]!
    await desk.person.click(dialog.getByRole('checkbox', { name: new RegExp(`${box.name}$`) }))
    await desk.person.click(dialog.getByRole('button', { name: 'Ausprobieren' }))
    expect(await dialog.findByText('2 von 40 Nachrichten der letzten 30 Tage')).toBeTruthy()
    expect(dialog.getByText('Die Nordtalban ist zu spät', { exact: false })).toBeTruthy()
    expect(dialog.getByText(/Das Netzwerk selbst lässt sich nicht durchsuchen/)).toBeTruthy()
    expect(desk.sent('POST', '/searches')).toHaveLength(0)

    await desk.person.click(dialog.getByRole('button', { name: 'Speichern' }))
    await waitFor(() => expect(desk.sent('POST', '/searches')).toHaveLength(1))
    expect(desk.sent('POST', '/searches')[0]?.body).toMatchObject({
      name: 'Bahn', state: 'draft', take_up: null, inboxes: [{ id: box.id, budget: 200 }], terms: { words: ['Nordtalbahn'], slips: true },
    })
    expect(await within(await page()).findByText('Entwurf')).toBeTruthy()
  })

  it('puts a hit aside with undo, and takes it up as a conversation', async () => {
    const desk = await startDesk({ path: '/desk/alerts' })
    desk.fake.listening.fill()
    await desk.person.click(await screen.findByRole('link', { name: 'Horchposten' }))
    expect(await screen.findByText('Fährt die Nordtalbahn heute?')).toBeTruthy()
    expect(screen.getByText('1 Treffer wartet')).toBeTruthy()

    await desk.person.click(screen.getByRole('button', { name: 'Beiseitelegen' }))
    expect(await screen.findByText('Nichts wartet')).toBeTruthy()
    await desk.person.click(await screen.findByRole('button', { name: /Rückgängig/ }))
    expect(await screen.findByText('Fährt die Nordtalbahn heute?')).toBeTruthy()

    await desk.person.click(screen.getByRole('button', { name: 'Übernehmen' }))
    expect(await screen.findByText('Liegt jetzt als Vorgang in der Warteschlange.')).toBeTruthy()
    expect(await screen.findByText('Nichts wartet')).toBeTruthy()
    expect(desk.sent('POST', '/messages')).toHaveLength(0)
  })

  it('says what is missing in a search for nothing, and asks nobody', async () => {
    const desk = await startDesk({ path: '/desk/listening', account: '21' })
    await desk.person.click(await screen.findByRole('button', { name: 'Neue Suche' }))
    const dialog = within(await screen.findByRole('dialog', { name: 'Neue Suche' }))
    await desk.person.type(dialog.getByRole('textbox', { name: 'Name' }), 'Leer')
    await desk.person.click(dialog.getByRole('button', { name: 'Ausprobieren' }))
    expect((await dialog.findByRole('alert')).textContent).toBe('Nennen Sie wenigstens ein Wort, einen Hashtag oder ein Konto.')
    await desk.person.click(dialog.getByRole('button', { name: 'Speichern' }))
    expect(desk.requests.filter((request) => request.method === 'POST' && request.path.startsWith('/searches'))).toEqual([])
    await desk.person.type(dialog.getByLabelText('Hashtags', { selector: 'input' }), 'bahn{Enter}')
    await desk.person.click(dialog.getByRole('button', { name: 'Speichern' }))
    await waitFor(() => expect(desk.sent('POST', '/searches')).toHaveLength(1))
  })

  it('says what went wrong, and shows the searches once it is over', async () => {
    const desk = await startDesk({ path: '/desk/alerts' })
    desk.fake.listening.fill()
    desk.rig((request) => request.method === 'GET' && request.path === '/searches', { status: 500, body: { status: 500, code: 'internal', error_id: 'e-7' } }, 9)
    await desk.person.click(await screen.findByRole('link', { name: 'Horchposten' }))
    expect(await screen.findByText('Ein Fehler auf dem Server. Kennung: e-7', {}, { timeout: 9000 })).toBeTruthy()
    desk.mend()
    await desk.person.click(screen.getByRole('button', { name: 'Noch einmal versuchen' }))
    expect(await screen.findByRole('button', { name: 'Nordtalbahn' })).toBeTruthy()
  })

  it('offers no inbox in which nothing is said in public, and says what the server misses', async () => {
    const desk = await startDesk({ path: '/desk/listening', account: '21' })
    await desk.person.click(await screen.findByRole('button', { name: 'Neue Suche' }))
    const dialog = within(await screen.findByRole('dialog', { name: 'Neue Suche' }))
    expect(await dialog.findByRole('checkbox', { name: /Nordtalbahn auf X$/ })).toBeTruthy()
    await waitFor(() => expect(dialog.queryByRole('checkbox', { name: /Nordtalbahn Hotline$/ })).toBeNull())
    await desk.person.type(dialog.getByRole('textbox', { name: 'Name' }), 'Bahn')
    await desk.person.type(dialog.getByLabelText('Hashtags', { selector: 'input' }), 'bahn{Enter}')
    desk.rig((request) => request.method === 'POST' && request.path === '/searches', { status: 422, body: { status: 422, code: 'validation_failed', errors: [{ field: 'inboxes', code: 'not_public', detail: '' }] } })
    await desk.person.click(dialog.getByRole('button', { name: 'Speichern' }))
    expect((await dialog.findByRole('alert')).textContent).toBe('Dort wird nichts öffentlich gesagt, also gibt es nichts zu finden.')
  })
})
