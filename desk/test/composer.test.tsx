// Writing: where it goes, how long, sending with undo, failing without loss, the gate, drafts.
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { startDesk } from './start-desk'

async function openWith(name: RegExp) {
  const desk = await startDesk({ path: '/desk/conversations?view=open' })
  await desk.person.click(await screen.findByRole('link', { name }))
  await screen.findByRole('region', { name: 'Antwort schreiben' })
  return desk
}
const field = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: /Text der/ })

describe('composer', () => {
  it('says where it goes and repeats it on the button; switching keeps the text', async () => {
    const desk = await openWith(/Anna Lindner/)
    expect(screen.getByText('Öffentliche Antwort auf Nordtalbahn auf Plauder als @nordtalbahn_hilft an @anna_li')).toBeTruthy()
    await desk.person.type(field(), 'Guten Tag')
    expect(screen.getByText('9 von 500')).toBeTruthy()
    await desk.person.click(screen.getByRole('tab', { name: 'privat' }))
    expect(field().value).toBe('Guten Tag')
    expect(screen.getByText('9 von 10.000')).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Privat antworten' })).toBeTruthy()
  })

  it('sends with five seconds of undo, answers the message it names, and gives the text back', async () => {
    const desk = await openWith(/Anna Lindner/)
    await desk.person.type(field(), 'Das prüfen wir.')
    await desk.person.keyboard('{Control>}{Enter}{/Control}')
    await waitFor(() => expect(desk.sent('POST', '/messages')).toHaveLength(1))
    const sent = desk.sent('POST', '/messages')[0]
    const body = sent?.body as { body: string; visibility: string; send_at: string; in_reply_to: string }
    expect(body).toMatchObject({ body: 'Das prüfen wir.', visibility: 'public' })
    expect(Date.parse(body.send_at) - Date.now()).toBeGreaterThan(3000)
    expect(body.in_reply_to).toBeTruthy()
    expect(sent?.headers['idempotency-key']).toBeTruthy()
    expect(field().value).toBe('')
    await desk.person.click((await screen.findAllByRole('button', { name: /Rückgängig/ }))[0] as HTMLElement)
    await waitFor(() => expect(field().value).toBe('Das prüfen wir.'))
    expect(desk.sent('POST', '/cancel')).toHaveLength(1)
  })

  it('repeats under one key while the server cannot be reached', async () => {
    const desk = await openWith(/Anna Lindner/)
    desk.rig((request) => request.method === 'POST' && request.path.endsWith('/messages'), 'unreachable', 1)
    await desk.person.type(field(), 'Einmal genügt.')
    await desk.person.keyboard('{Control>}{Enter}{/Control}')
    await waitFor(() => expect(desk.sent('POST', '/messages')).toHaveLength(2), { timeout: 3000 })
    const [first, second] = desk.sent('POST', '/messages')
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key'])
  })

  it('keeps the text when the server refuses', async () => {
    const desk = await openWith(/Anna Lindner/)
    desk.rig((request) => request.method === 'POST' && request.path.endsWith('/messages'), { status: 422, body: { status: 422, code: 'validation_failed' } })
    await desk.person.type(field(), 'Bleibt stehen')
    await desk.person.keyboard('{Control>}{Enter}{/Control}')
    expect(await screen.findByText(/Nicht gesendet, der Text ist noch da/)).toBeTruthy()
    expect(field().value).toBe('Bleibt stehen')
  })

  it('asks before sending when something new has come meanwhile', async () => {
    const desk = await openWith(/Anna Lindner/)
    const conversation = desk.fake.world.conversations.find((item) => item.contact?.name === 'Anna Lindner')
    await desk.person.type(field(), 'Ich antworte')
    desk.fake.receive('Hat sich erledigt.', { conversationId: conversation?.id })
    await screen.findAllByText('Hat sich erledigt.')
    await desk.person.click(screen.getByRole('button', { name: 'Öffentlich antworten' }))
    expect(await screen.findByText('1 neue Nachricht, seit Sie zu schreiben begonnen haben.')).toBeTruthy()
    expect(desk.sent('POST', '/messages')).toHaveLength(0)
    await desk.person.click(screen.getByRole('button', { name: 'Trotzdem senden' }))
    await waitFor(() => expect(desk.sent('POST', '/messages')).toHaveLength(1))
  })

  it('is closed with its reason where the channel takes nothing in', async () => {
    const desk = await openWith(/Jule Harms/)
    expect(await screen.findByText(/Ein Feed nimmt keine Antworten an/)).toBeTruthy()
    await desk.person.type(field(), 'Hallo')
    expect(screen.getByRole('button', { name: 'Öffentlich antworten' }).hasAttribute('disabled')).toBe(true)
    expect(screen.getByRole('tab', { name: 'privat' }).hasAttribute('disabled')).toBe(true)
  })

  it('stops a text that is too long', async () => {
    const desk = await openWith(/Anna Lindner/)
    await desk.person.click(field())
    await desk.person.paste('x'.repeat(503))
    expect(screen.getByText('3 Zeichen zu viel')).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Öffentlich antworten' }).hasAttribute('disabled')).toBe(true)
  })

  it('offers colleagues in a note and sends whom it addresses', async () => {
    const desk = await openWith(/Anna Lindner/)
    await desk.person.keyboard('n')
    await desk.person.type(field(), 'Frag @ayl')
    expect(await screen.findByRole('option', { name: 'Aylin Demir' })).toBeTruthy()
    await desk.person.keyboard('{Enter}')
    expect(field().value).toBe('Frag @Aylin Demir ')
    await desk.person.keyboard('{Control>}{Enter}{/Control}')
    await waitFor(() => expect(desk.sent('POST', '/messages')[0]?.body).toMatchObject({ visibility: 'note', mentions: ['23'] }))
  })

  it('keeps a draft for each conversation', async () => {
    const desk = await openWith(/Anna Lindner/)
    await desk.person.type(field(), 'Halb fertig')
    await desk.person.click(screen.getByRole('link', { name: /Emre/ }))
    await screen.findByRole('heading', { name: 'Emre' })
    await waitFor(() => expect(field().value).toBe(''))
    await desk.person.click(screen.getByRole('link', { name: /Anna Lindner/ }))
    await waitFor(() => expect(field().value).toBe('Halb fertig'))
  })

  it('takes pictures by drop, says before sending what they show, and keeps all where that fails', async () => {
    const desk = await openWith(/Anna Lindner/)
    const region = screen.getByRole('region', { name: 'Antwort schreiben' })
    fireEvent.drop(region, { dataTransfer: { files: [new File(['x'], 'Plan.png', { type: 'image/png' })], types: ['Files'] } })
    await desk.person.type(await screen.findByRole('textbox', { name: 'Bildbeschreibung: Plan.png' }), 'Plan der Ersatzbusse')
    await desk.person.type(field(), 'Hier der Plan.')
    await waitFor(() => expect(screen.getByRole('button', { name: 'Öffentlich antworten' }).hasAttribute('disabled')).toBe(false))
    desk.rig((request) => request.method === 'PATCH' && request.path.startsWith('/uploads/'), { status: 422, body: { status: 422, code: 'validation_failed' } })
    await desk.person.click(screen.getByRole('button', { name: 'Öffentlich antworten' }))
    expect(await screen.findByText(/Nicht gesendet, der Text ist noch da/)).toBeTruthy()
    expect(field().value).toBe('Hier der Plan.')
    expect(desk.sent('POST', '/messages')).toHaveLength(0)
    await desk.person.click(screen.getByRole('button', { name: 'Öffentlich antworten' }))
    await waitFor(() => expect(desk.sent('POST', '/messages')).toHaveLength(1))
    const told = desk.requests.findLast((request) => request.method === 'PATCH' && request.path.startsWith('/uploads/'))
    expect(told?.body).toEqual({ alt: 'Plan der Ersatzbusse' })
    expect(desk.sent('POST', '/messages')[0]?.body).toMatchObject({ attachments: [told?.path.split('/').at(-1)] })
    await waitFor(() => expect(screen.queryByRole('textbox', { name: /Bildbeschreibung/ })).toBeNull())
  })
})
