// Deliveries that could not be read: the list, one with its raw text, and what can be done about it.
import { infiniteQueryOptions, queryOptions, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Page, Quarantined, QuarantinedDetail } from '../../../lib/api/types'
import { say } from '../../../lib/toast'

export const quarantineQuery = infiniteQueryOptions({
  queryKey: keys.quarantine,
  queryFn: ({ pageParam, signal }) => call<Page<Quarantined>>('GET', '/quarantine', { signal, query: { cursor: pageParam } }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
})

export function quarantinedQuery(id: string) {
  return queryOptions({
    queryKey: [...keys.quarantine, id],
    queryFn: ({ signal }) => call<QuarantinedDetail>('GET', `/quarantine/${id}`, { signal }),
  })
}

export function useSettleQuarantined() {
  const client = useQueryClient()
  const { t } = useTranslation()
  const describe = useProblemText()
  return useCallback(
    async (id: string, verb: 'retake' | 'discard') => {
      try {
        if (verb === 'retake') await call('POST', `/quarantine/${id}/retake`, { body: {} })
        else await call('DELETE', `/quarantine/${id}`)
        say(t(verb === 'retake' ? 'desk.did.retaken' : 'desk.did.deleted'))
      } catch (problem) {
        say(describe(problem), { tone: 'trouble' })
      }
      await client.invalidateQueries({ queryKey: keys.quarantine })
      void client.invalidateQueries({ queryKey: keys.counts })
    },
    [client, t, describe],
  )
}
