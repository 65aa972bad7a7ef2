// Where the composer begins: it must not stand on public because the messages came later than the conversation.
import { act, renderHook } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { firstVisibility } from '../src/features/conversations/hooks/reply-target'
import { useDraft } from '../src/features/conversations/hooks/use-draft'
import type { ConversationDetail, Visibility } from '../src/lib/api/types'

interface Known { first: Visibility; sure: boolean }

const begin = (conversationId: string) =>
  renderHook(({ first, sure }: Known) => useDraft(conversationId, first, sure), { initialProps: { first: 'public', sure: false } as Known })

describe('the draft', () => {
  it('goes where the party spoke last as soon as that is known', () => {
    const { result, rerender } = begin('1')
    rerender({ first: 'private', sure: true })
    expect(result.current.writing.visibility).toBe('private')
  })

  it('stays where somebody has begun to write, and where it began once that was sure', () => {
    const chosen = begin('2')
    act(() => chosen.result.current.change({ visibility: 'note' }))
    chosen.rerender({ first: 'private', sure: true })
    expect(chosen.result.current.writing.visibility).toBe('note')

    const settled = begin('3')
    settled.rerender({ first: 'private', sure: true })
    settled.rerender({ first: 'public', sure: true })
    expect(settled.result.current.writing.visibility).toBe('private')
  })

  it('does not begin in public before the messages of a private conversation are there', () => {
    const open = { length: null, counts: 'characters', edit: false, delete: false, reactions: false, send: true, reason: null }
    const conversation = { visibility: 'private', capabilities: { public: open, private: open } } as unknown as ConversationDetail
    expect(firstVisibility(conversation, [])).toBe('private')
    expect(firstVisibility({ ...conversation, visibility: 'mixed' }, [])).toBe('private')
    expect(firstVisibility({ ...conversation, visibility: 'public' }, [])).toBe('public')
  })
})
