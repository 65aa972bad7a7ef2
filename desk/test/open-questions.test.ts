// Which messages of a thread want an answer, and how a long thread is laid out.
import { describe, expect, it } from 'vitest'
import type { Message } from '../src/lib/api/types'
import { buildTimeline } from '../src/features/conversations/hooks/build-timeline'
import { findOpenQuestions } from '../src/features/conversations/hooks/open-questions'

let at = 0
function message(id: string, part: Partial<Message> & { by?: 'party' | 'other' | 'us' } = {}): Message {
  const { by = 'party', ...rest } = part
  const time = new Date(Date.UTC(2026, 10, 22, 8, 0, at++)).toISOString()
  return {
    id, conversation_id: '1', direction: by === 'us' ? 'out' : 'in', visibility: 'public', body: 'Worte', kind: null,
    author: { id, name: id, handle: null, is_party: by === 'party', is_agent: by === 'us', agent_name: null },
    in_reply_to: null, depth: 0, network_id: id, url: null, inbox: { id: '1', name: 'Netz', channel: 'webhook' },
    platform_at: time, received_at: time, stored_at: time, edited_at: null, deleted_at: null, hidden_at: null, figures: null, delivery: null,
    attachments: [], reactions: [], mentions: [], found: false, ...rest,
  }
}
const newestFirst = (...messages: Message[]) => messages.toReversed()

describe('open questions', () => {
  it('are what the party said since our last words', () => {
    const thread = newestFirst(message('a'), message('b', { by: 'us' }), message('c'), message('d'))
    expect(findOpenQuestions(thread)).toEqual(['c', 'd'])
  })
  it('are those of others who ask, by kind or by a question mark, however often we spoke since', () => {
    const thread = newestFirst(
      message('asks', { by: 'other', body: 'Gilt das auch hier?' }), message('says', { by: 'other' }),
      message('kind', { by: 'other', kind: 'complaint' }), message('praise', { by: 'other', body: 'Warum so gut?', kind: 'praise' }), message('us', { by: 'us' }),
    )
    expect(findOpenQuestions(thread)).toEqual(['asks', 'kind'])
  })
  it('are none that one of ours answers, none deleted, and no note closes one', () => {
    const thread = newestFirst(
      message('q1', { by: 'other', body: 'Wann?' }), message('q2', { by: 'other', body: 'Wo?' }),
      message('q3', { by: 'other', body: 'Wer?', deleted_at: '2026-11-22T08:00:00Z' }), message('us', { by: 'us', in_reply_to: 'q1' }), message('note', { by: 'us', visibility: 'note', in_reply_to: 'q2' }),
    )
    expect(findOpenQuestions(thread)).toEqual(['q2'])
  })
})

describe('a thread of 900', () => {
  it('folds into few entries and is laid out in no time', () => {
    const thread = Array.from({ length: 900 }, (_, index) => message(`m${index}`, { by: index % 100 === 0 ? 'party' : 'other' })).toReversed()
    const began = performance.now()
    const entries = buildTimeline(thread, [], 'm450')
    expect(performance.now() - began).toBeLessThan(500)
    expect(entries.length).toBeLessThan(30)
    expect(entries.flatMap((entry) => (entry.type === 'bystanders' ? entry.messages : [])).length).toBe(891)
    expect(entries.some((entry) => entry.type === 'unread')).toBe(true)
  })
})
