// The listening post: which searches there are, where they look and how far, and what the chosen one found.
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import IconEar from '@tabler/icons-react/dist/esm/icons/IconEar.mjs'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Bone, Delayed } from '../../../components/delayed'
import { EmptyState } from '../../../components/empty-state'
import { PageFrame, Section } from '../../../components/page-frame'
import { ProblemNotice } from '../../../components/problem-notice'
import type { Search } from '../../../lib/api/types'
import { searchesQuery } from '../api/searches'
import { HitList } from './hit-list'
import classes from './listening.module.css'
import { SearchForm } from './search-form'
import { SearchLine } from './search-line'

interface Props { lead?: ReactNode; edits: boolean; openConversation: (id: string) => void }

export function ListeningPage({ lead, edits, openConversation }: Props) {
  const { t } = useTranslation()
  const query = useQuery(searchesQuery)
  const [chosen, setChosen] = useState<string | null>(null)
  const [editing, setEditing] = useState<Search | 'new' | null>(null)
  const searches = query.data?.items ?? []
  const shown = searches.find((search) => search.id === chosen) ?? searches[0]
  const add = edits && <Button size="xs" onClick={() => setEditing('new')}>{t('desk.listening.new')}</Button>
  return (
    <PageFrame title={t('desk.nav.listening')} lead={lead}>
      <div className={classes.page}>
        <Section title={t('desk.listening.searches')} text={t('desk.listening.text')} tail={searches.length > 0 && add}>
          {query.isPending && <Delayed><p><Bone width="45%" /></p><p><Bone width="80%" /></p></Delayed>}
          {query.isError && !query.data && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
          {query.data && searches.length === 0 && (
            <EmptyState sign={<IconEar size={28} stroke={1.5} />} title={t('desk.empty.listening.title')} action={add}>{t('desk.empty.listening.text')}</EmptyState>
          )}
          <ul className={classes.list}>
            {searches.map((search) => (
              <SearchLine key={search.id} search={search} chosen={search.id === shown?.id} onChoose={() => setChosen(search.id)} onEdit={edits ? () => setEditing(search) : undefined} />
            ))}
          </ul>
        </Section>
        {shown && <HitList key={shown.id} search={shown} openConversation={openConversation} />}
      </div>
      {editing && <SearchForm search={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </PageFrame>
  )
}
