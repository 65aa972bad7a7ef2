// Name and note of a contact; a lost race tells and reloads.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import { call, Problem } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Contact } from '../../../lib/api/types'
import { say } from '../../../lib/toast'

export function useChangeContact() {
  const client = useQueryClient()
  const { t } = useTranslation()
  const describe = useProblemText()
  return useCallback(
    async (contact: Contact, change: { name?: string; note?: string }): Promise<boolean> => {
      try {
        const after = await call<Contact>('PATCH', `/contacts/${contact.id}`, { version: contact.version, body: change })
        client.setQueryData<Contact>(keys.contact(contact.id), (known) => known && { ...known, ...after })
        return true
      } catch (problem) {
        const lost = problem instanceof Problem && problem.code === 'version_conflict'
        say(lost ? t('desk.contact.somebody_was_faster') : describe(problem), { tone: 'trouble' })
        if (lost) await client.invalidateQueries({ queryKey: keys.contact(contact.id) })
        return false
      }
    },
    [client, t, describe],
  )
}
