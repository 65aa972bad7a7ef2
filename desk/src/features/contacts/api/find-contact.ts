// A contact with identities, note and earlier conversations.
import { queryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Contact } from '../../../lib/api/types'

export function contactQuery(id: string) {
  return queryOptions({
    queryKey: keys.contact(id),
    queryFn: ({ signal }) => call<Contact>('GET', `/contacts/${id}`, { signal }),
    staleTime: 60_000,
  })
}
