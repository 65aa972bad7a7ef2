// Live events: rows and messages appear without moving anything, colleagues are seen, a broken line resumes.
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { startDesk } from './start-desk'

async function openList() {
  const desk = await startDesk({ path: '/desk/conversations?view=open' })
  await screen.findByRole('link', { name: /Anna Lindner/ })
  await waitFor(() => expect(desk.streams).toHaveLength(1))
  return desk
}
const scrolled = () => {
  const box = document.querySelector('[class*=scroll][tabindex="-1"]') as HTMLElement
  Object.defineProperty(box, 'scrollTop', { configurable: true, writable: true, value: 400 })
  fireEvent.scroll(box)
}

describe('live', () => {
  it('shows a new conversation at once at the top of the list', async () => {
    const desk = await openList()
    desk.fake.receive('Ist der Aufzug in Kiel wieder ganz?')
    expect(await screen.findByText('Ist der Aufzug in Kiel wieder ganz?')).toBeTruthy()
  })

  it('lets it wait behind the pill while somebody reads further down', async () => {
    const desk = await openList()
    scrolled()
    desk.fake.receive('Eins')
    desk.fake.receive('Zwei')
    const pill = await screen.findByRole('button', { name: '2 neue' })
    expect(screen.queryByText('Eins')).toBeNull()
    await desk.person.click(pill)
    expect(await screen.findByText('Eins')).toBeTruthy()
    expect(screen.queryByRole('button', { name: /neue$/ })).toBeNull()
  })

  it('does not offer what is outside the view', async () => {
    const desk = await startDesk({ path: '/desk/conversations?view=mine' })
    await screen.findByRole('link', { name: /Anna Lindner/ })
    desk.fake.receive('Gehört niemandem')
    await new Promise((resume) => setTimeout(resume, 60))
    expect(screen.queryByText('Gehört niemandem')).toBeNull()
  })

  it('shows who reads and who writes', async () => {
    const desk = await openList()
    await desk.person.click(screen.getByRole('link', { name: /Anna Lindner/ }))
    await screen.findByRole('region', { name: 'Antwort schreiben' })
    const id = desk.fake.world.conversations[0]?.id ?? ''
    desk.fake.show(id, [{ id: '23', name: 'Aylin Demir', activity: 'reading' }, { id: '24', name: 'Tom Ferguson', activity: 'writing' }])
    expect(await screen.findByText('Aylin Demir liest mit')).toBeTruthy()
    expect(screen.getByText('Tom Ferguson schreibt')).toBeTruthy()
    desk.fake.show(id, [])
    await waitFor(() => expect(screen.queryByText('Tom Ferguson schreibt')).toBeNull())
  })

  it('posts presence when a conversation is opened and when somebody types', async () => {
    const desk = await openList()
    await desk.person.click(screen.getByRole('link', { name: /Anna Lindner/ }))
    await desk.person.type(await screen.findByRole('textbox', { name: /Text der/ }), 'H')
    const id = desk.fake.world.conversations[0]?.id
    await waitFor(() => expect(desk.sent('POST', '/presence').map((item) => item.body)).toContainEqual({ conversation_id: id, activity: 'writing' }))
    expect(desk.sent('POST', '/presence').map((item) => item.body)).toContainEqual({ conversation_id: id, activity: 'reading' })
  })

  it('resumes behind the last event after a broken line', async () => {
    const desk = await openList()
    desk.fake.receive('Vor dem Abriss')
    await screen.findByText('Vor dem Abriss')
    desk.streams[0]?.breakOff()
    await waitFor(() => expect(desk.streams).toHaveLength(2), { timeout: 3000 })
    expect(desk.streams[1]?.url).toMatch(/last_event_id=\d+/)
    expect(screen.queryByText(/Die Verbindung ist unterbrochen/)).toBeNull()
  })

  it('says so when the line stays broken, until it is back', async () => {
    const desk = await openList()
    const Working = window.EventSource
    window.EventSource = class extends EventTarget {
      readyState = 0
      constructor() {
        super()
        queueMicrotask(() => this.dispatchEvent(new Event('error')))
      }
      close() {
        this.readyState = 2
      }
    } as unknown as typeof EventSource
    desk.streams[0]?.breakOff()
    expect(await screen.findByText(/Die Verbindung ist unterbrochen/)).toBeTruthy()
    window.EventSource = Working
    await waitFor(() => expect(screen.queryByText(/Die Verbindung ist unterbrochen/)).toBeNull(), { timeout: 8000 })
  })

  it('turns the tick when a message has left', async () => {
    const desk = await openList()
    const [conversation] = desk.fake.world.conversations
    await desk.person.click(screen.getByRole('link', { name: /Marcus Webb/ }))
    expect(await screen.findByText(/Unklar, ob die Nachricht angekommen ist/)).toBeTruthy()
    await desk.person.click(screen.getByRole('button', { name: 'Nachsehen' }))
    await waitFor(() => expect(screen.queryByText(/Unklar, ob/)).toBeNull())
    expect(conversation).toBeTruthy()
  })

  it('offers to look only where the network can be asked', async () => {
    const desk = await openList()
    const lists = [...desk.fake.world.messages.values()] as { delivery: { can_check: boolean } | null }[][]
    for (const { delivery } of lists.flat()) if (delivery) delivery.can_check = false
    await desk.person.click(screen.getByRole('link', { name: /Marcus Webb/ }))
    expect(await screen.findByText(/Unklar, ob die Nachricht angekommen ist/)).toBeTruthy()
    expect(screen.queryByRole('button', { name: 'Nachsehen' })).toBeNull()
    expect(screen.getAllByRole('button', { name: 'Noch einmal senden' })).not.toHaveLength(0)
  })
})
