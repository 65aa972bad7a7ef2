// Begins a session, by password or by accepting an invitation.
import type { QueryClient } from '@tanstack/react-query'
import { call, keepCsrfToken } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Session } from '../../../lib/api/types'

function keep(client: QueryClient, session: Session) {
  client.clear()
  keepCsrfToken(session.csrf_token)
  client.setQueryData(keys.session, session)
}

export async function signIn(client: QueryClient, email: string, password: string) {
  keep(client, await call<Session>('POST', '/session', { body: { email, password } }))
}

export function findInvitation(secret: string, signal: AbortSignal) {
  return call<{ name: string; email: string }>('GET', `/invitations/${encodeURIComponent(secret)}`, { signal })
}

export async function acceptInvitation(client: QueryClient, secret: string, password: string) {
  keep(client, await call<Session>('POST', `/invitations/${encodeURIComponent(secret)}`, { body: { password } }))
}
