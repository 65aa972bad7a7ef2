// Subjects of letters: told once, and again where they change.
import { describe, expect, it } from 'vitest'
import { findTitled } from '../src/features/conversations/hooks/build-timeline'
import type { Message } from '../src/lib/api/types'
import { isSameSubject } from '../src/lib/format/subject'

const letters = (...titles: (string | null)[]) => titles.map((title, index) => ({ id: String(index), title }) as Message).toReversed()

describe('subjects', () => {
  it.each([
    ['Re: Erstattung', 'Erstattung', true], ['AW: Re[2]: Erstattung ', 'erstattung', true], ['Antwort: Erstattung', 'AW: Erstattung', true],
    ['Re: Fahrplan', 'Erstattung', false], ['Reise', 'ise', false], ['WG: Erstattung', 'Erstattung', false],
  ])('reads %j and %j', (one, other, same) => expect(isSameSubject(one, other)).toBe(same))

  it('are told where they differ from the conversation and from the letter before', () => {
    const told = (list: Message[], subject: string | null) => [...findTitled(list, subject)]
    expect(told(letters('Erstattung', 'Re: Erstattung', null, 'AW: Erstattung'), null)).toEqual(['0'])
    expect(told(letters('Erstattung', 'Re: Erstattung', 'Re: Fahrplan'), 'Erstattung')).toEqual(['2'])
    expect(told(letters('Erstattung', 'Fahrplan', 'Erstattung'), null)).toEqual(['0', '1', '2'])
  })
})
