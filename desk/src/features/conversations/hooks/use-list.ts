// The list of a view: its rows, what waits behind the pill, and when the order may be restored.
// Rows never move under the pointer: settling happens at the top of the list, or when the pill is pressed.
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo } from 'react'
import { settleList } from '../../../lib/api/conversation-cache'
import { keys } from '../../../lib/api/keys'
import type { Conversation } from '../../../lib/api/types'
import { type Filters, matches } from '../../../lib/filters'
import { conversationsQuery } from '../api/list-conversations'

const NONE: Conversation[] = []

interface Place { atTop: boolean; hovered: boolean; selectedId: string | null }

export function useList(filters: Filters, agentId: string, place: Place) {
  const client = useQueryClient()
  const query = useInfiniteQuery(conversationsQuery(filters))
  const arrivals =
    useQuery<Conversation[]>({
      queryKey: keys.arrivals(filters),
      queryFn: () => client.getQueryData<Conversation[]>(keys.arrivals(filters)) ?? NONE,
      enabled: false,
      initialData: NONE,
      staleTime: Number.POSITIVE_INFINITY,
    }).data ?? NONE
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? NONE, [query.data])
  const hasLeft = rows.some((row) => row.id !== place.selectedId && matches(row, filters, agentId) === false)

  const settle = useCallback(
    () => settleList(client, filters, agentId, place.selectedId),
    [client, filters, agentId, place.selectedId],
  )
  const due = place.atTop && (arrivals.length > 0 || (hasLeft && !place.hovered))
  useEffect(() => {
    if (due) settle()
  }, [due, settle])

  return { query, rows, arrivals, settle }
}
