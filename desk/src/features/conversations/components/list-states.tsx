// What the list shows before and without rows. Each empty view teaches one thing.
import { Button } from '@mantine/core'
import IconInbox from '@tabler/icons-react/dist/esm/icons/IconInbox.mjs'
import IconSearch from '@tabler/icons-react/dist/esm/icons/IconSearch.mjs'
import IconUsers from '@tabler/icons-react/dist/esm/icons/IconUsers.mjs'
import { useTranslation } from 'react-i18next'
import { Bone, Delayed } from '../../../components/delayed'
import { EmptyState } from '../../../components/empty-state'
import { useAgent } from '../../../lib/api/session'
import { countExtraFilters, DEFAULT_VIEW, type ListSearch } from '../../../lib/filters'
import classes from './conversation-list.module.css'

const WIDTHS = ['62%', '48%', '70%', '55%', '66%', '44%', '60%']

export function ListSkeleton() {
  return (
    <Delayed>
      {WIDTHS.map((width) => (
        <div key={width} className={classes.bones}>
          <Bone width={width} />
          <Bone width="95%" />
          <Bone width="72%" />
        </div>
      ))}
    </Delayed>
  )
}

export function ListEmpty({ search, onClear }: { search: ListSearch; onClear: () => void }) {
  const { t } = useTranslation()
  const agent = useAgent()
  const filtered = countExtraFilters(search) > 0 || search.q !== undefined
  if (filtered) {
    return (
      <EmptyState
        sign={<IconSearch size={26} stroke={1.5} />}
        title={t('desk.empty.filtered.title')}
        action={<Button variant="default" size="xs" onClick={onClear}>{t('desk.empty.filtered.act')}</Button>}
      >
        {t('desk.empty.filtered.text')}
      </EmptyState>
    )
  }
  if (agent.role === 'agent' && agent.teams.length === 0) {
    return <EmptyState sign={<IconUsers size={26} stroke={1.5} />} title={t('desk.empty.no_team.title')}>{t('desk.empty.no_team.text')}</EmptyState>
  }
  const view = (search.view ?? DEFAULT_VIEW).split(':')[0]
  return (
    <EmptyState sign={<IconInbox size={26} stroke={1.5} />} title={t(`desk.empty.${view}.title`)}>
      {t(`desk.empty.${view}.text`)}
    </EmptyState>
  )
}
