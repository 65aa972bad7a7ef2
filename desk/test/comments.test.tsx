// Comments of others: hidden from the public and shown again, liked, by menu, key and palette, and always with undo.
import { screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { startDesk } from './start-desk'

async function openWith(name: RegExp) {
  const desk = await startDesk({ path: `/desk/conversations?view=open&q=${encodeURIComponent(name.source)}` })
  await desk.person.click(await screen.findByRole('link', { name }))
  await screen.findByRole('region', { name: 'Antwort schreiben' })
  return desk
}
const comment = (words: RegExp) => screen.getAllByRole('article').find((article) => words.test(article.textContent ?? '')) as HTMLElement
const bodies = (desk: Awaited<ReturnType<typeof openWith>>, verb: string) => desk.sent('POST', `/${verb}`).map((request) => request.body)

describe('a public comment', () => {
  it('is hidden by its menu, says so, and is shown again by undo', async () => {
    const desk = await openWith(/Silke Arp/)
    const article = comment(/Lift in Itzehoe/)
    await desk.person.click(within(article).getByRole('button', { name: 'Mehr zu dieser Nachricht' }))
    await desk.person.click(await screen.findByRole('menuitem', { name: /Vor der Öffentlichkeit verbergen/, hidden: true }))
    expect(await within(article).findByText('verborgen')).toBeTruthy()
    expect(bodies(desk, 'hiding')).toEqual([{ hidden: true }])
    expect(await screen.findByText(/Mia Brandt hat einen Kommentar verborgen/, {}, { timeout: 5000 })).toBeTruthy()
    await desk.person.click(await screen.findByRole('button', { name: /Rückgängig/ }))
    await waitFor(() => expect(within(article).queryByText('verborgen')).toBeNull())
    expect(bodies(desk, 'hiding')).toEqual([{ hidden: true }, { hidden: false }])
  })

  it('is hidden and liked by keys, the one that has the focus', async () => {
    const desk = await openWith(/Silke Arp/)
    const article = comment(/Lift in Itzehoe/)
    article.focus()
    await desk.person.keyboard('h')
    expect(await within(article).findByText('verborgen')).toBeTruthy()
    await desk.person.keyboard('h')
    await waitFor(() => expect(within(article).queryByText('verborgen')).toBeNull())
    await desk.person.keyboard('l')
    await waitFor(() => expect(bodies(desk, 'reactions')).toEqual([{ kind: 'like', add: true }]))
    expect(await within(article).findByText('darunter wir')).toBeTruthy()
    await desk.person.keyboard('l')
    await waitFor(() => expect(bodies(desk, 'reactions')).toEqual([{ kind: 'like', add: true }, { kind: 'like', add: false }]))
    await waitFor(() => expect(within(article).queryByText('darunter wir')).toBeNull())
    await desk.person.keyboard('u')
    await waitFor(() => expect(bodies(desk, 'reactions').at(-1)).toEqual({ kind: 'like', add: true }))
  })

  it('is found in the palette and on the sheet of keys', async () => {
    const desk = await openWith(/Silke Arp/)
    await desk.person.keyboard('{Control>}k{/Control}')
    await desk.person.type(await screen.findByRole('combobox'), 'verberg')
    await desk.person.click(await screen.findByRole('option', { name: /Kommentar verbergen oder wieder zeigen/ }))
    await waitFor(() => expect(bodies(desk, 'hiding')).toEqual([{ hidden: true }]))
    await desk.person.keyboard('?')
    expect(await screen.findByText('Kommentar verbergen oder wieder zeigen')).toBeTruthy()
  })

  it('keeps its place where the network refuses, with the reason', async () => {
    const desk = await openWith(/Silke Arp/)
    const article = comment(/Lift in Itzehoe/)
    desk.rig((request) => request.path.endsWith('/hiding'), { status: 409, body: { status: 409, code: 'network_cannot_do_this' } })
    article.focus()
    await desk.person.keyboard('h')
    expect(await screen.findByText('Das kann dieser Kanal nicht.')).toBeTruthy()
    expect(within(article).queryByText('verborgen')).toBeNull()
  })

  it('is not offered to be hidden where the network knows no such thing', async () => {
    const desk = await openWith(/Anna Lindner/)
    const article = comment(/RE 7 hatte heute/)
    await desk.person.click(within(article).getByRole('button', { name: 'Mehr zu dieser Nachricht' }))
    expect(await screen.findByRole('menuitem', { name: /Gefällt mir/, hidden: true })).toBeTruthy()
    expect(screen.queryByRole('menuitem', { name: /verbergen/, hidden: true })).toBeNull()
    await desk.person.keyboard('{Escape}')
    article.focus()
    await desk.person.keyboard('h')
    expect(bodies(desk, 'hiding')).toEqual([])
  })
})
