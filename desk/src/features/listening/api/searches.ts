// The searches of the listening post and what they found: read, tried, changed, taken up, put aside.
import { infiniteQueryOptions, queryOptions, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Conversation, Hit, NewTrial, Page, Search, SearchFields, Trial } from '../../../lib/api/types'
import { say } from '../../../lib/toast'

export type HitState = 'open' | 'taken_up' | 'dismissed'

export const searchesQuery = queryOptions({
  queryKey: keys.searches,
  queryFn: ({ signal }) => call<Page<Search>>('GET', '/searches', { signal, query: { limit: 100 } }),
})

export const hitsQuery = (id: string, state: HitState) =>
  infiniteQueryOptions({
    queryKey: keys.hits(id, state),
    queryFn: ({ pageParam, signal }) => call<Page<Hit>>('GET', `/searches/${id}/hits`, { signal, query: { limit: 30, state, cursor: pageParam } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  })

export const trySearch = (body: NewTrial) => call<Trial>('POST', '/searches/try', { body })

export function useChangeSearch() {
  const client = useQueryClient()
  const refresh = useCallback(() => client.invalidateQueries({ queryKey: ['listening'] }), [client])
  const save = useCallback(
    async (known: Search | null, body: SearchFields): Promise<Search> => {
      try {
        return known
          ? await call<Search>('PATCH', `/searches/${known.id}`, { version: known.version, body })
          : await call<Search>('POST', '/searches', { body })
      } finally {
        await refresh()
      }
    },
    [refresh],
  )
  const remove = useCallback(
    async (known: Search) => {
      try {
        await call('DELETE', `/searches/${known.id}`, { version: known.version })
      } finally {
        await refresh()
      }
    },
    [refresh],
  )
  return { save, remove }
}

/** Decides about a hit; putting aside can be undone, and nothing is ever answered by it. */
export function useDecideHit(onOpen: (conversationId: string) => void) {
  const client = useQueryClient()
  const { t } = useTranslation()
  const describe = useProblemText()
  const during = useCallback(
    async (work: () => Promise<void>) => {
      try {
        await work()
      } catch (error) {
        say(describe(error), { tone: 'trouble' })
      }
      await client.invalidateQueries({ queryKey: ['listening'] })
    },
    [client, describe],
  )
  const setDismissed = useCallback(
    (hit: Pick<Hit, 'id'>, dismissed: boolean): Promise<void> => {
      const keep = async (wanted: boolean) => void (await call('POST', `/hits/${hit.id}/dismissal`, { body: { dismissed: wanted } }))
      return during(async () => {
        await keep(dismissed)
        if (dismissed) say(t('desk.listening.dismissed'), { undo: () => during(() => keep(false)) })
      })
    },
    [during, t],
  )
  const takeUp = useCallback(
    (hit: Pick<Hit, 'id'>) =>
      during(async () => {
        const conversation = await call<Conversation>('POST', `/hits/${hit.id}/take-up`, { body: {} })
        say(t('desk.listening.taken'), { action: { label: t('desk.listening.open'), run: () => onOpen(conversation.id) } })
      }),
    [during, onOpen, t],
  )
  return { setDismissed, takeUp }
}
