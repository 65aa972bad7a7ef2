// What an agent can do with a conversation, in words of the desk: each shown at once and undoable.
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation, Kind, Named, Priority, Status } from '../../../lib/api/types'
import { type Change, useChangeConversation, type Write } from '../api/change-conversation'

export function useActions() {
  const { t } = useTranslation()
  const change = useChangeConversation()
  return useMemo(() => {
    const run = (conversation: Conversation, said: string, write: Write, reverse?: Write) =>
      change(conversation, { ...write, said, reverse } satisfies Change)

    const assignment = (to: { agent: Named } | { team: Named } | null): Write => {
      if (to === null) return { aspect: 'assignment', body: null, patch: { assignee: null } }
      if ('agent' in to) return { aspect: 'assignment', body: { agent: to.agent.id }, patch: { assignee: to.agent } }
      return { aspect: 'assignment', body: { team: to.team.id }, patch: { team: to.team, assignee: null } }
    }
    const status = (to: Status, until: string | null = null): Write => ({
      aspect: 'status',
      body: until ? { status: to, until } : { status: to },
      patch: { status: to, snoozed_until: until, ...(to === 'resolved' ? { waiting_since: null } : {}) },
    })
    const tags = (conversation: Conversation, add: string[], remove: string[]): Write => ({
      aspect: 'tags',
      body: { add, remove },
      patch: {
        tags: [
          ...conversation.tags.filter((tag) => !remove.includes(tag.name)),
          ...add.map((name) => ({ id: `new-${name}`, name, colour: '' })),
        ],
      },
    })

    return {
      assign: (conversation: Conversation, to: { agent: Named } | { team: Named } | null) => {
        const said =
          to === null
            ? t('desk.did.released')
            : t('desk.did.assigned', { name: 'agent' in to ? to.agent.name : to.team.name })
        const before =
          to && 'team' in to && conversation.team
            ? { team: conversation.team }
            : conversation.assignee && { agent: conversation.assignee }
        return run(conversation, said, assignment(to), assignment(before))
      },
      setStatus: (conversation: Conversation, to: Status, until: string | null = null) =>
        run(
          conversation,
          t(`desk.did.status.${to}`),
          status(to, until),
          status(conversation.status, conversation.snoozed_until),
        ),
      setPriority: (conversation: Conversation, to: Priority) =>
        run(
          conversation,
          t('desk.did.priority', { priority: t(`desk.priority.${to}`) }),
          { aspect: 'priority', body: { priority: to }, patch: { priority: to } },
          { aspect: 'priority', body: { priority: conversation.priority }, patch: { priority: conversation.priority } },
        ),
      setKind: (conversation: Conversation, to: Kind | null) =>
        run(
          conversation,
          to ? t('desk.did.kind', { kind: t(`desk.kind.${to}`) }) : t('desk.did.kind_cleared'),
          { aspect: 'kind', body: { kind: to }, patch: { kind: to } },
          { aspect: 'kind', body: { kind: conversation.kind }, patch: { kind: conversation.kind } },
        ),
      setSubject: (conversation: Conversation, to: string) =>
        run(
          conversation,
          t('desk.did.subject'),
          { aspect: 'subject', body: { subject: to }, patch: { subject: to } },
          { aspect: 'subject', body: { subject: conversation.subject ?? '' }, patch: { subject: conversation.subject } },
        ),
      switchTag: (conversation: Conversation, name: string) => {
        const has = conversation.tags.some((tag) => tag.name === name)
        const said = t(has ? 'desk.did.untagged' : 'desk.did.tagged', { name })
        const there = { ...conversation, tags: has ? conversation.tags.filter((tag) => tag.name !== name) : conversation.tags }
        return run(
          conversation,
          said,
          has ? tags(conversation, [], [name]) : tags(conversation, [name], []),
          has ? tags(there, [name], []) : tags(there, [], [name]),
        )
      },
      noAnswerNeeded: (conversation: Conversation) =>
        run(
          conversation,
          t('desk.did.no_answer_needed'),
          { aspect: 'no-answer-needed', body: {}, patch: { waiting_since: null, status: 'resolved' } },
          status(conversation.status, conversation.snoozed_until),
        ),
      join: (conversation: Conversation, into: Conversation) =>
        run(conversation, t('desk.did.joined'), { aspect: 'join', body: { into: into.id } }, { aspect: 'unjoin', body: {} }),
      unjoin: (conversation: Conversation) => run(conversation, t('desk.did.unjoined'), { aspect: 'unjoin', body: {} }),
      split: (conversation: Conversation, messages: string[]) =>
        run(conversation, t('desk.did.split'), { aspect: 'split', body: { messages } }),
    }
  }, [change, t])
}
