// The frame that every settings list shares: title, one sentence, the button that adds, the table or its empty state.
import { Button } from '@mantine/core'
import IconPlus from '@tabler/icons-react/dist/esm/icons/IconPlus.mjs'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { EmptyState } from '../../../components/empty-state'
import { Section, TableBox } from '../../../components/page-frame'
import { ProblemNotice } from '../../../components/problem-notice'
import { Bone, Delayed } from '../../../components/delayed'

interface Props {
  name: string
  columns: string[]
  query: { isPending: boolean; isError: boolean; error: unknown; refetch: () => unknown }
  count: number
  onAdd?: () => void
  children: ReactNode
}

export function CollectionPage({ name, columns, query, count, onAdd, children }: Props) {
  const { t } = useTranslation()
  const add = onAdd && (
    <Button size="xs" leftSection={<IconPlus size={15} aria-hidden="true" />} onClick={onAdd}>{t(`desk.settings.add.${name}`)}</Button>
  )
  return (
    <Section title={t(`desk.settings.${name}`)} text={t(`desk.settings.text.${name}`)} tail={add}>
      {query.isPending && <Delayed><p><Bone width="80%" /></p><p><Bone width="65%" /></p></Delayed>}
      {query.isError && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      {!query.isPending && !query.isError && count === 0 && <EmptyState title={t('desk.empty.settings.title')} />}
      {count > 0 && (
        <TableBox label={t(`desk.settings.${name}`)} stack>
          <thead>
            <tr>
              {columns.map((column) => <th key={column} scope="col">{t(`desk.settings.column.${column}`)}</th>)}
              <th scope="col"><span className="seen-by-readers-only">{t('desk.settings.column.actions')}</span></th>
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </TableBox>
      )}
    </Section>
  )
}
