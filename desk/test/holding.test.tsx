// Holding replies: rows are selected, all get a word in turns, and all of it can be taken back.
import { screen, waitFor, within } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { selectNone } from '../src/features/conversations/hooks/selection'
import { startDesk } from './start-desk'

afterEach(selectNone)

async function open() {
  const desk = await startDesk({ path: '/desk/conversations?view=open' })
  const boxes = await screen.findAllByRole('checkbox', { name: /auswählen$/ })
  return { ...desk, boxes }
}
const at = (boxes: HTMLElement[], index: number) => boxes[index] as HTMLInputElement

describe('selecting rows', () => {
  it('takes one by one, and everything between with shift', async () => {
    const { person, boxes } = await open()
    await person.click(at(boxes, 0))
    expect(await screen.findByText('1 ausgewählt')).toBeTruthy()
    await person.keyboard('{Shift>}')
    await person.click(at(boxes, 3))
    await person.keyboard('{/Shift}')
    expect(await screen.findByText('4 ausgewählt')).toBeTruthy()
    await person.click(at(boxes, 1))
    expect(await screen.findByText('3 ausgewählt')).toBeTruthy()
    await person.click(screen.getByRole('button', { name: 'Auswahl aufheben' }))
    expect(screen.queryByRole('toolbar', { name: 'Ausgewählte Vorgänge' })).toBeNull()
  })

  it('works by key', async () => {
    const { person } = await open()
    await person.keyboard('j')
    await person.keyboard('x')
    expect(await screen.findByText('1 ausgewählt')).toBeTruthy()
    await person.keyboard('x')
    expect(screen.queryByText('1 ausgewählt')).toBeNull()
  })
})

describe('holding replies', () => {
  it('go to all selected in one step, tell who gets none, and can be taken back', async () => {
    const desk = await open()
    const { person, boxes } = desk
    for (const index of [0, 1, 2]) await person.click(at(boxes, index))
    await person.click(screen.getByRole('button', { name: 'Zwischenbescheid' }))
    const dialog = await screen.findByRole('dialog', { name: 'Zwischenbescheid an 3 Vorgänge' })
    const send = within(dialog).getByRole('button', { name: 'An 3 Vorgänge senden' })
    const first = within(dialog).getByRole<HTMLTextAreaElement>('textbox', { name: 'Variante 1' })
    const before = first.value
    await person.clear(first)
    await person.type(first, 'Bald mehr.')
    expect(within(dialog).getByText(/Jede Variante braucht/)).toBeTruthy()
    expect(send.hasAttribute('disabled')).toBe(true)
    await person.clear(first)
    await person.click(first)
    await person.paste(before)
    expect(send.hasAttribute('disabled')).toBe(false)
    expect(within(dialog).getByRole('list', { name: 'Vorschau' }).textContent).not.toContain('{next_word}')
    await person.click(send)

    await waitFor(() => expect(screen.queryByRole('toolbar', { name: 'Ausgewählte Vorgänge' })).toBeNull())
    const request = desk.requests.find((one) => one.path === '/conversations/holding-replies')
    const body = request?.body as { conversations: string[]; texts: string[]; spread_minutes: number }
    expect(body.conversations.length).toBe(3)
    expect(body.texts.length).toBe(2)
    expect(body.spread_minutes).toBe(30)
    expect(request?.headers['idempotency-key']).toBeTruthy()

    const promised = () => desk.fake.world.conversations.filter((item) => item.next_word_at).length
    expect(promised()).toBeGreaterThan(0)
    expect((await screen.findAllByText(/^Wort bis /)).length).toBe(promised())
    await person.keyboard('u')
    await waitFor(() => expect(promised()).toBe(0))
    await waitFor(() => expect(screen.queryAllByText(/^Wort bis /)).toEqual([]))
  })

  it('names those to whom nothing went', async () => {
    const desk = await open()
    desk.rig((request) => request.path === '/conversations/holding-replies', {
      status: 202, body: { queued: [], refused: [{ conversation_id: desk.fake.world.conversations[0]?.id, refusal: { code: 'reply_window_closed', facts: {} } }] },
    })
    await desk.person.click(at(desk.boxes, 0))
    await desk.person.click(screen.getByRole('button', { name: 'Zwischenbescheid' }))
    await desk.person.click(await screen.findByRole('button', { name: 'An 1 Vorgang senden' }))
    expect(await screen.findByText('An 1 Vorgang ging nichts:')).toBeTruthy()
    expect(screen.getByRole('alert').textContent).toContain('Die Zeit für Antworten ist vorbei')
  })
})
