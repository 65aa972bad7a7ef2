// The desk with its providers; the entry and the tests both start it here.
import { MantineProvider } from '@mantine/core'
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useState } from 'react'
import { Problem } from '../lib/api/client'
import { keys } from '../lib/api/keys'
import { styleNonce } from '../lib/nonce'
import { makeRouter } from './router'
import { theme } from './theme'

export function makeClient(): QueryClient {
  const onError = (problem: unknown) => {
    if (!(problem instanceof Problem) || problem.status !== 401) return
    const { pathname, search } = window.location
    if (client.getQueryData(keys.session) && !pathname.includes('/sign-in')) {
      client.setQueryData(keys.session, null)
      window.location.assign(`/desk/sign-in?next=${encodeURIComponent(pathname.replace(/^\/desk/, '') + search)}`)
    }
  }
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        retry: (count, problem) => count < 2 && problem instanceof Problem && (problem.status === 0 || problem.status === 503),
        gcTime: 10 * 60_000,
        refetchOnReconnect: false,
      },
    },
  })
  return client
}

export function Desk({ client }: { client: QueryClient }) {
  const [router] = useState(() => makeRouter(client))
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={styleNonce}>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
