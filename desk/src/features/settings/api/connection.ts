// Connecting an inbox at its network's own page: what that takes, the way there, and the choice of an account.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import type { Connection } from '../../../lib/api/types'

const keyOf = (inbox: string) => ['connection', inbox] as const

export function useConnection(inbox: string) {
  const client = useQueryClient()
  const query = useQuery({ queryKey: keyOf(inbox), queryFn: ({ signal }) => call<Connection>('GET', `/inboxes/${inbox}/connection`, { signal }), staleTime: 0 })
  return {
    connection: query.data,
    begin: () => call<{ url: string }>('POST', `/inboxes/${inbox}/connection`),
    choose: async (account: string) => {
      try {
        return (await call<{ outcome: string }>('POST', `/inboxes/${inbox}/connection/choice`, { body: { account } })).outcome
      } finally {
        await Promise.all([client.invalidateQueries({ queryKey: keyOf(inbox) }), client.invalidateQueries({ queryKey: ['directory', 'inboxes'] })])
      }
    },
  }
}
