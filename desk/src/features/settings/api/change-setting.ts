// Creating, changing and deleting what the settings hold. Versioned things take their version along;
// a lost race tells and reloads.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type Problem } from '../../../lib/api/client'
import { say } from '../../../lib/toast'

export type Collection = 'brands' | 'inboxes' | 'teams' | 'agents' | 'tags' | 'views' | 'tokens'
interface Known { id: string; version?: number }

/** Writes throw their problem, so that a form can show it beside what was typed. */
export function useChangeSetting<T extends Known>(collection: Collection) {
  const client = useQueryClient()
  const { t } = useTranslation()
  const refresh = useCallback(
    () => Promise.all([
      client.invalidateQueries({ queryKey: collection === 'tokens' ? ['tokens'] : ['directory', collection] }),
      client.invalidateQueries({ queryKey: ['conversations'] }),
    ]),
    [client, collection],
  )
  const save = useCallback(
    async (known: Known | null, body: unknown): Promise<T> => {
      try {
        const made = known
          ? await call<T>('PATCH', `/${collection}/${known.id}`, { version: known.version, body })
          : await call<T>('POST', `/${collection}`, { body })
        say(t('desk.did.saved'))
        return made
      } finally {
        await refresh()
      }
    },
    [collection, refresh, t],
  )
  const remove = useCallback(
    async (known: Known) => {
      try {
        await call('DELETE', `/${collection}/${known.id}`, { version: known.version })
        say(t('desk.did.deleted'))
      } finally {
        await refresh()
      }
    },
    [collection, refresh, t],
  )
  return { save, remove, refresh }
}

/** What the server said about single fields, by field; `inWords` puts a code into words where there are some. */
export function fieldErrors(problem: Problem | null, inWords: (code: string) => string | null): Record<string, string> {
  return Object.fromEntries((problem?.document.errors ?? []).map((error) => [error.field.replace(/^\//, ''), inWords(error.code) ?? error.detail ?? error.code]))
}
