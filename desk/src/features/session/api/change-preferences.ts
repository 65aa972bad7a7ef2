// Keeps what the agent prefers; shown at once, put back if the server refuses.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useProblemText } from '../../../components/use-problem-text'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Preferences, Session } from '../../../lib/api/types'
import { say } from '../../../lib/toast'

export function useChangePreferences() {
  const client = useQueryClient()
  const describe = useProblemText()
  return useCallback(
    async (change: Preferences) => {
      const before = client.getQueryData<Session>(keys.session)
      client.setQueryData<Session>(keys.session, (known) => known && { ...known, agent: { ...known.agent, ...change } })
      try {
        await call('PATCH', '/session/preferences', { body: change })
      } catch (problem) {
        client.setQueryData(keys.session, before)
        say(describe(problem), { tone: 'trouble' })
      }
    },
    [client, describe],
  )
}
