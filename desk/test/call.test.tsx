// A call is written down: from the palette, where the number finds the matter, and within a conversation.
import { screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { startDesk } from './start-desk'

const form = () => screen.findByRole('form', { name: 'Telefonnotiz' })

describe('phone notes', () => {
  it('are written from the palette and open the conversation of the caller', async () => {
    const desk = await startDesk({ path: '/desk/conversations?view=open' })
    await screen.findByRole('main')
    await desk.person.keyboard('{Control>}k{/Control}')
    await desk.person.type(await screen.findByRole('combobox', { name: 'Ansicht, Seite oder Vorgang' }), 'telefon')
    await desk.person.click(await screen.findByRole('option', { name: /Telefonnotiz/ }))
    const dialog = within(await form())
    expect(dialog.getByRole('button', { name: 'Notieren' }).hasAttribute('disabled')).toBe(true)
    await desk.person.type(dialog.getByLabelText('Wer hat angerufen?'), 'Hanne Voigt')
    await desk.person.type(dialog.getByLabelText('Nummer'), 'keine')
    await desk.person.type(dialog.getByLabelText(/Was wurde gesagt/), 'Der Anschluss ist tot.')
    await desk.person.click(dialog.getByRole('button', { name: 'Notieren' }))
    expect(await dialog.findByText('Das ist keine Nummer mit Vorwahl.')).toBeTruthy()

    await desk.person.clear(dialog.getByLabelText('Nummer'))
    await desk.person.type(dialog.getByLabelText('Nummer'), '030 123456')
    await desk.person.type(dialog.getByLabelText('Rückruf zugesagt für'), '2031-05-04T09:30')
    await desk.person.click(dialog.getByRole('button', { name: 'Notieren' }))
    await waitFor(() => expect(screen.queryByRole('form', { name: 'Telefonnotiz' })).toBeNull())
    const sent = desk.sent('POST', '/inboxes/40/calls')
    expect(sent).toHaveLength(2)
    expect(sent[1]?.body).toEqual({
      name: 'Hanne Voigt', number: '030 123456', said: 'Der Anschluss ist tot.',
      call_back_at: new Date('2031-05-04T09:30').toISOString(),
    })
    expect(sent[0]?.headers['idempotency-key']).not.toBe(sent[1]?.headers['idempotency-key'])
    const pane = await screen.findByRole('main', { name: 'Vorgang' })
    expect(await within(pane).findByText('Der Anschluss ist tot.')).toBeTruthy()
  })

  it('within a conversation stay in it', async () => {
    const desk = await startDesk({ path: '/desk/conversations?view=open&q=Petra' })
    await desk.person.click(await screen.findByRole('link', { name: /Petra Lohse/ }))
    await desk.person.click(await screen.findByRole('button', { name: 'Weitere Schritte' }))
    await desk.person.click(await screen.findByRole('menuitem', { name: 'Telefonnotiz' }))
    const dialog = within(await form())
    expect(dialog.getByLabelText<HTMLInputElement>('Wer hat angerufen?').value).toBe('Petra Lohse')
    await desk.person.type(dialog.getByLabelText(/Was wurde gesagt/), 'Sie hat es gefunden.')
    await desk.person.click(dialog.getByRole('button', { name: 'Notieren' }))
    const asked = desk.fake.world.conversations.find((item) => item.contact?.name === 'Petra Lohse')
    await waitFor(() => expect(desk.sent('POST', '/calls')).toHaveLength(1))
    expect(desk.sent('POST', '/calls')[0]?.body).toMatchObject({ conversation: asked?.id, said: 'Sie hat es gefunden.' })
    expect(await screen.findByText('Sie hat es gefunden.')).toBeTruthy()
  })
})
