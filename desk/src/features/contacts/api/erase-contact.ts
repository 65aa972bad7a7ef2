// Erases every word, name and address of a contact. Cannot be undone.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import { call } from '../../../lib/api/client'
import type { Contact } from '../../../lib/api/types'
import { say } from '../../../lib/toast'

export function useEraseContact() {
  const client = useQueryClient()
  const { t } = useTranslation()
  const describe = useProblemText()
  return useCallback(
    async (contact: Contact) => {
      try {
        await call('DELETE', `/contacts/${contact.id}`, { version: contact.version })
        for (const key of ['contact', 'conversation', 'messages', 'conversations']) await client.invalidateQueries({ queryKey: [key] })
        say(t('desk.did.erased'))
      } catch (problem) {
        say(describe(problem), { tone: 'trouble' })
      }
    },
    [client, t, describe],
  )
}
