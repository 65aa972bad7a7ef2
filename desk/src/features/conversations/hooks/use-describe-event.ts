// An event of the log as a sentence: who did what, and why where a rule did it. Facts hold ids; names come from the directory.
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { useAgents, useTags, useTeams } from '../../../lib/api/directory'
import type { TimelineEvent } from '../../../lib/api/types'
import { formatShort } from '../../../lib/format/time'

export function useDescribeEvent() {
  const { t, i18n } = useTranslation()
  const agents = useAgents()
  const teams = useTeams()
  const tags = useTags()
  return useCallback(
    (event: TimelineEvent): string => {
      const facts = event.facts ?? {}
      const actor = event.actor?.name ?? t('desk.event.nobody')
      const text = (key: string) => (typeof facts[key] === 'string' ? facts[key] : null)
      const nameIn = (list: { id: string; name: string }[], key: string) => {
        const id = facts[key]
        const given = typeof id === 'object' && id !== null && 'name' in id ? String(id.name) : null
        return given ?? list.find((item) => item.id === String(id))?.name ?? null
      }
      const names = (key: string) => {
        const list = Array.isArray(facts[key]) ? (facts[key] as unknown[]) : []
        return list.map((item) => tags.find((tag) => tag.id === String(item))?.name ?? t('desk.event.a_tag')).join(', ')
      }
      const say = () => {
        switch (event.kind) {
          case 'status_changed': {
            const to = text('to') ?? text('status') ?? 'open'
            const until = text('until')
            const word = t(`desk.status.${to}`)
            return until && to === 'snoozed'
              ? t('desk.event.snoozed', { actor, until: formatShort(i18n.language, until, Date.now()) })
              : t('desk.event.status_changed', { actor, status: word })
          }
          case 'assigned': {
            const to = 'to' in facts ? nameIn(agents, 'to') : (nameIn(agents, 'agent') ?? nameIn(teams, 'team'))
            if (to && to === event.actor?.name) return t('desk.event.taken', { actor })
            return to ? t('desk.event.assigned', { actor, name: to }) : t('desk.event.released', { actor })
          }
          case 'team_changed':
            return t('desk.event.team_changed', { actor, name: nameIn(teams, 'team') ?? nameIn(teams, 'to') ?? t('desk.filter.no_team') })
          case 'tags_changed': {
            const added = names('added')
            const removed = names('removed')
            return [added && t('desk.event.tagged', { actor, names: added }), removed && t('desk.event.untagged', { actor, names: removed })]
              .filter(Boolean)
              .join(' · ') || t('desk.event.tags_changed', { actor })
          }
          case 'priority_changed':
            return t('desk.event.priority_changed', { actor, priority: t(`desk.priority.${text('to') ?? text('priority') ?? 'normal'}`) })
          case 'kind_changed': {
            const kind = text('to') ?? text('kind')
            return kind ? t('desk.event.kind_changed', { actor, kind: t(`desk.kind.${kind}`) }) : t('desk.event.kind_cleared', { actor })
          }
          case 'conversation_joined':
            return t('desk.event.conversation_joined', { actor })
          case 'conversation_unjoined':
            return t('desk.event.conversation_unjoined', { actor })
          case 'conversation_split':
            return t('desk.event.conversation_split', { actor })
          case 'message_hidden':
            return t(facts.hidden === false ? 'desk.event.message_shown' : 'desk.event.message_hidden', { actor })
          case 'subject_changed':
            return t('desk.event.subject_changed', { actor })
          default:
            return t('desk.event.answer_not_needed', { actor })
        }
      }
      const why = text('why')
      return why ? t('desk.event.with_why', { what: say(), why }) : say()
    },
    [t, i18n.language, agents, teams, tags],
  )
}
