// Who is signed in. Reads the session and keeps its CSRF token; signing in and out is the session feature's.
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { call, keepCsrfToken, Problem } from './client'
import { keys } from './keys'
import type { Session } from './types'

export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      const session = await call<Session>('GET', '/session', { signal })
      keepCsrfToken(session.csrf_token)
      return session
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) return null
      throw problem
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
  retry: (count, problem) => count < 3 && problem instanceof Problem && problem.status === 0,
})

/** The signed-in agent; only below the signed-in routes. */
export function useAgent() {
  const { data } = useSuspenseQuery(sessionQuery)
  if (!data) throw new Problem({ status: 401, code: 'unauthenticated' })
  return data.agent
}

export function useMaySupervise() {
  return useAgent().role !== 'agent'
}

export function useMayAdminister() {
  return useAgent().role === 'administrator'
}
