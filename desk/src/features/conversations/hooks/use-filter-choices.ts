// All filters as one searchable list: what can be chosen, what is, and switching one.
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Choice } from '../../../components/picker'
import { useAgents, useBrands, useInboxes, useTags, useTeams } from '../../../lib/api/directory'
import { ANY, type FilterKey, type Filters, type ListSearch } from '../../../lib/filters'

export const STATUSES = ['open', 'waiting', 'snoozed', 'resolved'] as const
export const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const
export const KINDS = ['request', 'question', 'complaint', 'suggestion', 'praise', 'interest', 'spam', 'other'] as const

type OnSearch = (change: Partial<Record<FilterKey, string | undefined>>) => void

export function useFilterChoices(search: ListSearch, filters: Filters, base: Filters, onSearch: OnSearch) {
  const { t } = useTranslation()
  const teams = useTeams()
  const agents = useAgents()
  const inboxes = useInboxes()
  const brands = useBrands()
  const tags = useTags()
  const choices = useMemo(() => {
    const group = (key: FilterKey, list: readonly { id: string; label: string }[]): Choice[] =>
      list.map(({ id, label }) => ({ id: `${key}:${id}`, label, group: t(`desk.filter.${key}`) }))
    const named = (list: readonly { id: string; name: string }[]) => list.map(({ id, name }) => ({ id, label: name }))
    return [
      ...group('status', STATUSES.map((id) => ({ id, label: t(`desk.status.${id}`) }))),
      ...group('unread', [{ id: 'true', label: t('desk.filter.only_unread') }]),
      ...group('kind', KINDS.map((id) => ({ id, label: t(`desk.kind.${id}`) }))),
      ...group('priority', PRIORITIES.map((id) => ({ id, label: t(`desk.priority.${id}`) }))),
      ...group('visibility', (['public', 'private'] as const).map((id) => ({ id, label: t(`desk.visibility.${id}`) }))),
      ...group('assignee', [{ id: 'me', label: t('desk.filter.me') }, { id: 'none', label: t('desk.filter.nobody') }, ...named(agents)]),
      ...group('team', [{ id: 'none', label: t('desk.filter.no_team') }, ...named(teams)]),
      ...group('inbox', named(inboxes)),
      ...(brands.length > 1 ? group('brand', named(brands)) : []),
      ...group('tag', named(tags)),
    ]
  }, [t, teams, agents, inboxes, brands, tags])

  const chosen = useMemo(
    () => choices.map((choice) => choice.id).filter((id) => (filters[keyOf(id)] ?? '').split(',').includes(valueOf(id))),
    [choices, filters],
  )

  const toggle = (id: string) => {
    const key = keyOf(id)
    const now = (filters[key] ?? '').split(',').filter(Boolean)
    const value = valueOf(id)
    const next = now.includes(value) ? now.filter((item) => item !== value) : single(key) ? [value] : [...now, value]
    const own = base[key]
    const text = next.join(',')
    onSearch({ [key]: text === own ? undefined : text || (own || search[key] === undefined ? ANY : undefined) })
  }
  return { choices, chosen, toggle }
}

const single = (key: FilterKey) => key === 'unread' || key === 'visibility' || key === 'assignee' || key === 'team'
const keyOf = (id: string) => id.slice(0, id.indexOf(':')) as FilterKey
const valueOf = (id: string) => id.slice(id.indexOf(':') + 1)
