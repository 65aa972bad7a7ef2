// What we said of ourselves, newest first, and the accounts that can say something.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Announcement, AnnouncingAccount, Page } from '../../../lib/api/types'

export const announcementsQuery = infiniteQueryOptions({
  queryKey: keys.announcements,
  queryFn: ({ pageParam, signal }) => call<Page<Announcement>>('GET', '/posts', { signal, query: { limit: 20, cursor: pageParam } }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
})

export const announcingAccountsQuery = queryOptions({
  queryKey: keys.announcingAccounts,
  queryFn: ({ signal }) => call<AnnouncingAccount[]>('GET', '/posts/accounts', { signal }),
})
