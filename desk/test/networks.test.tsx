// What networks allow: windows and their end, one private answer, links into private, templates, limits, trouble.
import { screen, waitFor, within } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { clock } from '../src/lib/format/use-now'
import { startDesk } from './start-desk'

afterEach(() => {
  vi.restoreAllMocks()
  clock.write(Date.now())
})

async function openWith(name: RegExp, options: Parameters<typeof startDesk>[0] = {}) {
  const desk = await startDesk({ path: `/desk/conversations?view=open&q=${encodeURIComponent(name.source)}`, ...options })
  await desk.person.click(await screen.findByRole('link', { name }))
  await screen.findByRole('region', { name: 'Antwort schreiben' })
  return desk
}
const composer = () => screen.getByRole('region', { name: 'Antwort schreiben' })
const field = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: /Text der/ })

describe('reply windows', () => {
  it('counts down in the last hour and closes with the reason, keeping the text', async () => {
    const desk = await openWith(/Timo Brand/)
    expect(within(composer()).getByText(/^Noch (39|40) Min\. für Antworten$/)).toBeTruthy()
    await desk.person.type(field(), 'Gern, sie liegt bei.')
    const later = Date.now() + 41 * 60_000
    vi.spyOn(Date, 'now').mockReturnValue(later)
    clock.write(later)
    expect(await screen.findByText(/Die Zeit für Antworten ist vorbei\. Sie beginnt neu, sobald die Person wieder schreibt/)).toBeTruthy()
    expect(field().value).toBe('Gern, sie liegt bei.')
    expect(screen.getByRole('button', { name: 'Privat antworten' }).hasAttribute('disabled')).toBe(true)
    expect(screen.queryByText(/für Antworten$/)).toBeNull()
  })

  it('is calm before the last hour and offers no time behind the end', async () => {
    const desk = await openWith(/Timo Brand/)
    const conversation = desk.fake.world.conversations.find((item) => item.contact?.name === 'Timo Brand') as unknown as { id: string; window: object }
    conversation.window = { private: { until: new Date(Date.now() + 3 * 3_600_000).toISOString() } }
    await desk.client.invalidateQueries({ queryKey: ['conversation'] })
    const calm = await within(composer()).findByText(/^Antworten möglich bis /)
    expect(calm.hasAttribute('data-closing')).toBe(false)
    await desk.person.type(field(), 'Gern.')
    await desk.person.click(screen.getByRole('button', { name: 'Später senden' }))
    const list = await screen.findByRole('listbox', { name: 'Senden am' })
    const choices = within(list).getAllByRole('option', { hidden: true }).map((item) => item.textContent)
    expect(choices[0]).toMatch(/^In einer Stunde/)
    expect(choices.filter((choice) => /Woche|Montag/.test(choice))).toEqual([])
  })

  it('asks anew what is allowed when the person writes again', async () => {
    const desk = await openWith(/Nadine Kolb/)
    expect(await screen.findByText(/Die Zeit für Antworten ist vorbei/)).toBeTruthy()
    const conversation = desk.fake.world.conversations.find((item) => item.contact?.name === 'Nadine Kolb') as unknown as { id: string; window: object }
    conversation.window = { private: { until: new Date(Date.now() + 24 * 3_600_000).toISOString() } }
    desk.fake.receive('Sind Sie noch da?', { conversationId: conversation.id })
    expect(await within(composer()).findByText(/^Antworten möglich bis /, {}, { timeout: 5000 })).toBeTruthy()
    expect(screen.queryByText(/Die Zeit für Antworten ist vorbei/)).toBeNull()
  })

  it.each(['reply_window_closed', 'private_reply_used', 'private_reply_too_late', 'network_takes_no_templates'])('says in words why the server refused: %s', async (code) => {
    const desk = await openWith(/Timo Brand/)
    desk.rig((request) => request.method === 'POST' && request.path.endsWith('/messages'), { status: 409, body: { status: 409, code, title: code } })
    await desk.person.type(field(), 'Gern.')
    await desk.person.keyboard('{Control>}{Enter}{/Control}')
    const said = await screen.findByText(/Nicht gesendet, der Text ist noch da/)
    expect(said.textContent).not.toContain(code)
    expect(field().value).toBe('Gern.')
  })
})

describe('from public to private', () => {
  it('says that there is one private answer, and answers the public message with it', async () => {
    const desk = await openWith(/Petra Lohse/)
    await desk.person.click(screen.getByRole('tab', { name: 'privat' }))
    expect(screen.getByText(/erlaubt nur eine private Antwort auf diesen Beitrag.*wenn Petra Lohse antwortet/)).toBeTruthy()
    expect(within(composer()).getByText(/^Antworten möglich bis /)).toBeTruthy()
    await desk.person.type(field(), 'Bitte nennen Sie uns die Buchungsnummer.')
    await desk.person.click(screen.getByRole('button', { name: 'Privat antworten' }))
    await waitFor(() => expect(desk.sent('POST', '/messages')).toHaveLength(1))
    const asked = desk.fake.world.conversations.find((item) => item.contact?.name === 'Petra Lohse')
    const [first] = desk.fake.world.messages.get(asked?.id ?? '') ?? []
    expect(desk.sent('POST', '/messages')[0]?.body).toMatchObject({ visibility: 'private', in_reply_to: first?.id })
  })

  it('is closed in private and open in public when it is too late', async () => {
    const desk = await openWith(/Silke Arp/)
    await desk.person.type(field(), 'Ja, seit Montag.')
    expect(screen.getByRole('button', { name: 'Öffentlich antworten' }).hasAttribute('disabled')).toBe(false)
    await desk.person.click(screen.getByRole('tab', { name: 'privat' }))
    expect(screen.getByText(/Für eine private Antwort auf diesen Beitrag ist es zu spät/)).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Privat antworten' }).hasAttribute('disabled')).toBe(true)
  })

  it('lets nobody take for private what a link only leads to', async () => {
    const desk = await openWith(/Deniz/)
    expect(screen.queryByRole('tab', { name: 'privat' })).toBeNull()
    await desk.person.click(screen.getByRole('tab', { name: 'privat per Link' }))
    expect(composer().dataset.visibility).toBe('public')
    expect(screen.getByText(/^Diesen Text lesen alle/)).toBeTruthy()
    expect(screen.getByText(/^Öffentliche Antwort.*mit Link zum privaten Gespräch$/)).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Öffentlich mit Link antworten' })).toBeTruthy()
    expect(screen.queryByRole('button', { name: 'Privat antworten' })).toBeNull()
  })
})

describe('templates', () => {
  it('are entered once, filled in, previewed and sent where nothing else may go', async () => {
    const desk = await openWith(/Nadine Kolb/)
    await desk.person.type(field(), 'Mein Entwurf')
    expect(screen.getByRole('button', { name: 'Privat antworten' }).hasAttribute('disabled')).toBe(true)
    await desk.person.click(screen.getByRole('button', { name: 'Vorlage wählen' }))
    await desk.person.type(await screen.findByLabelText(/Name der Vorlage/), 'ersatzbus')
    await desk.person.click(screen.getByLabelText(/Genehmigter Text/))
    await desk.person.paste('Guten Tag {{1}}, Ihr Bus fährt um {{2}}.')
    await desk.person.click(screen.getByRole('button', { name: 'Übernehmen' }))
    const send = screen.getByRole('button', { name: 'Vorlage senden' })
    expect(send.hasAttribute('disabled')).toBe(true)
    await desk.person.type(screen.getByLabelText('Für {{1}}'), 'Frau Kolb')
    await desk.person.type(screen.getByLabelText('Für {{2}}'), '8:15')
    expect(screen.getByText('Guten Tag Frau Kolb, Ihr Bus fährt um 8:15.')).toBeTruthy()
    await desk.person.click(send)
    await waitFor(() => expect(desk.sent('POST', '/messages')).toHaveLength(1))
    expect(desk.sent('POST', '/messages')[0]?.body).toMatchObject({
      body: 'Guten Tag Frau Kolb, Ihr Bus fährt um 8:15.', visibility: 'private', template: { name: 'ersatzbus', language: 'de', parameters: ['Frau Kolb', '8:15'] },
    })
    await waitFor(() => expect(field().value).toBe('Mein Entwurf'))
    await desk.person.click(screen.getByRole('button', { name: 'Vorlage wählen' }))
    await desk.person.click(await screen.findByRole('button', { name: /ersatzbus de/ }))
    expect(screen.getByLabelText<HTMLInputElement>('Für {{1}}').value).toBe('')
  })
})

describe('limits and trouble', () => {
  it('says when a message goes out that waits for a limit', async () => {
    await openWith(/Marga Thiel/)
    expect(await screen.findByText(/Der Kanal bittet um Geduld\. Geht (um \d\d:\d\d|am .+) hinaus\./)).toBeTruthy()
  })

  it('counts parts of an SMS', async () => {
    const desk = await openWith(/Marga Thiel/)
    await desk.person.click(field())
    await desk.person.paste('a'.repeat(161))
    expect(screen.getByText('161 von 1.600 · 2 SMS')).toBeTruthy()
  })

  it('tells in the composer what is wrong with the inbox and who can help', async () => {
    await openWith(/Marcus Webb/)
    const line = await within(composer()).findByText(/Das Netzwerk hat den Zugang beendet/)
    expect(within(line).getByRole('link', { name: 'Zum Posteingang' })).toBeTruthy()
  })

  it('asks those who do not administer to tell those who do', async () => {
    await openWith(/Marcus Webb/, { account: '24' })
    expect(await within(composer()).findByText(/Das Netzwerk hat den Zugang beendet.*Bitte sagen Sie Ihrer Verwaltung Bescheid/)).toBeTruthy()
  })

  it('gives the supervisor cause, way out and the network’s words', async () => {
    await startDesk({ path: '/desk/overview' })
    const row = (await screen.findAllByText('Telvia auf Plauder')).map((item) => item.closest('tr')).find(Boolean) as HTMLElement
    expect(within(row).getByText(/Das Netzwerk hat den Zugang beendet/)).toBeTruthy()
    expect(within(row).getByText(/verbinden Sie ihn neu.*Der Verlauf bleibt/)).toBeTruthy()
    expect(within(row).getByText('Meldung: signature refused by the network')).toBeTruthy()
  })

  it('calms where trouble passes by itself, and says in the composer until when answers wait', async () => {
    await openWith(/Ruth Ohlsen/)
    expect(await within(composer()).findByText(/Limit des Netzwerks ist erreicht.*warten hier und gehen ab .*\d\d:\d\d.* von selbst hinaus/)).toBeTruthy()
  })

  it('shows the supervisor and the administrator what is used, until when, and what waits', async () => {
    const desk = await startDesk({ path: '/desk/overview' })
    const row = (await screen.findAllByText('Nordtalbahn auf X')).map((item) => item.closest('tr')).find(Boolean) as HTMLElement
    expect(await within(row).findByText(/^2 Antworten warten auf das Limit und gehen ab .* hinaus\.$/)).toBeTruthy()
    expect(within(row).getByText('8.640 von 10.000 Posts')).toBeTruthy()
    expect(within(row).getByText('Erwähnungen abfragen: 450 von 450')).toBeTruthy()
    expect(within(row).queryByText(/Posts abfragen/)).toBeNull()
    expect(within(row).getAllByText(/^neu ab /).length).toBe(2)
    await desk.person.click(screen.getByRole('link', { name: 'Einstellungen' }))
    await desk.person.click(await screen.findByRole('link', { name: 'Posteingänge' }))
    const inbox = (await screen.findAllByText('Nordtalbahn auf X')).map((item) => item.closest('tr')).find(Boolean) as HTMLElement
    expect(within(inbox).getByText('8.640 von 10.000 Posts')).toBeTruthy()
  })

  it('shows how our post is doing above what is said below it', async () => {
    await openWith(/Anna Lindner/)
    const figures = await screen.findByRole('list', { name: 'Zahlen des Netzwerks' })
    expect(figures.textContent).toContain('12.480 Aufrufe')
    expect(figures.textContent).toContain('1 × „Gefällt mir“')
    expect(figures.textContent).toContain('41 Antworten')
  })
})
