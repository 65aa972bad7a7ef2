// Every versioned write on a conversation: shown at once, sent in order, undone by the reverse write.
// A lost race tells and reloads; it never overwrites.
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import { call, Problem } from '../../../lib/api/client'
import { putConversation } from '../../../lib/api/conversation-cache'
import { keys } from '../../../lib/api/keys'
import type { Conversation, ConversationDetail } from '../../../lib/api/types'
import { say } from '../../../lib/toast'

export interface Write {
  aspect: 'assignment' | 'status' | 'tags' | 'priority' | 'kind' | 'no-answer-needed' | 'split' | 'join' | 'unjoin' | 'subject'
  body: unknown
  patch?: Partial<Conversation>
}
export interface Change extends Write { said: string; reverse?: Write }

/** What takes messages from one conversation to another. */
const MOVES = new Set<Write['aspect']>(['split', 'join', 'unjoin'])
const queues = new Map<string, Promise<unknown>>()
const pending = new Map<string, Partial<Conversation>[]>()

export function useChangeConversation() {
  const client = useQueryClient()
  const { t } = useTranslation()
  const describe = useProblemText()

  const write = useCallback(
    (conversation: Conversation, { aspect, body, patch = {} }: Write): Promise<Conversation | null> => {
      const { id } = conversation
      putConversation(client, { ...newest(client, conversation), ...patch }, true)
      pending.set(id, [...(pending.get(id) ?? []), patch])
      const run = async () => {
        try {
          const { version } = newest(client, conversation)
          return await call<Conversation>('POST', `/conversations/${id}/${aspect}`, { version, body })
        } catch (problem) {
          const lost = problem instanceof Problem && problem.code === 'version_conflict'
          say(lost ? t('desk.conversation.somebody_was_faster') : describe(problem), { tone: 'trouble' })
          return null
        }
      }
      const done = (queues.get(id) ?? Promise.resolve()).then(run).then((answer) => {
        const left = (pending.get(id) ?? []).filter((item) => item !== patch)
        pending.set(id, left)
        if (answer && answer.id === id) putConversation(client, Object.assign({}, answer, ...left) as Conversation, true)
        else void reload(client, id)
        void client.invalidateQueries({ queryKey: keys.events(id) })
        if (MOVES.has(aspect)) for (const moved of [id, answer?.id]) if (moved) void client.invalidateQueries({ queryKey: keys.messages(moved) })
        void client.invalidateQueries({ queryKey: keys.counts })
        return answer
      })
      queues.set(id, done)
      return done
    },
    [client, t, describe],
  )

  return useCallback(
    (conversation: Conversation, change: Change): Promise<Conversation | null> => {
      const { reverse } = change
      const done = write(conversation, change)
      say(change.said, { undo: reverse && (() => void write(conversation, reverse)) })
      return done
    },
    [write],
  )
}

/** The conversation as the cache knows it now; what was handed in may be a version behind. */
function newest(client: QueryClient, conversation: Conversation): Conversation {
  const known = client.getQueryData<ConversationDetail>(keys.conversation(conversation.id))
  if (known) return known
  for (const [, pages] of client.getQueriesData<{ pages: { items: Conversation[] }[] }>({ queryKey: keys.lists })) {
    const row = pages?.pages.flatMap((page) => page.items).find((item) => item.id === conversation.id)
    if (row) return row
  }
  return conversation
}

async function reload(client: QueryClient, id: string) {
  const fresh = await client
    .fetchQuery({
      queryKey: keys.conversation(id),
      queryFn: () => call<ConversationDetail>('GET', `/conversations/${id}`),
      staleTime: 0,
    })
    .catch(() => null)
  if (fresh) putConversation(client, fresh, true)
  void client.invalidateQueries({ queryKey: keys.messages(id) })
}
