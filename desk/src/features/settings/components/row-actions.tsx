// The buttons at the end of a settings row: change, delete after a question.
import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Confirm } from '../../../components/confirm'
import { useProblemText } from '../../../components/use-problem-text'
import { say } from '../../../lib/toast'
import classes from './settings.module.css'

interface Props { name: string; onEdit?: () => void; onDelete?: () => Promise<unknown>; deleteText?: string; children?: ReactNode }

export function RowActions({ name, onEdit, onDelete, deleteText, children }: Props) {
  const { t } = useTranslation()
  const describe = useProblemText()
  const [asking, setAsking] = useState(false)
  return (
    <span className={classes.actions}>
      {children}
      {onEdit && <Button size="compact-sm" variant="default" onClick={onEdit} aria-label={t('desk.settings.edit', { name })}>{t('desk.act.edit')}</Button>}
      {onDelete && <Button size="compact-sm" variant="subtle" color="danger" onClick={() => setAsking(true)} aria-label={t('desk.settings.delete', { name })}>{t('desk.act.delete')}</Button>}
      {asking && onDelete && (
        <Confirm
          title={t('desk.settings.delete', { name })}
          text={deleteText ?? t('desk.settings.delete_text')}
          act={t('desk.act.delete')}
          onClose={() => setAsking(false)}
          onConfirm={() => onDelete().catch((problem: unknown) => say(describe(problem), { tone: 'trouble' }))}
        />
      )}
    </span>
  )
}
