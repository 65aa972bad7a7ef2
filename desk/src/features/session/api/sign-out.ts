// Ends the session here and takes what was kept on this device.
import type { QueryClient } from '@tanstack/react-query'
import { call, keepCsrfToken } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import { forgetAllDrafts } from '../../../lib/drafts'

export async function signOut(client: QueryClient) {
  await call('DELETE', '/session').catch(() => undefined)
  keepCsrfToken(null)
  forgetAllDrafts()
  client.clear()
  client.setQueryData(keys.session, null)
}
