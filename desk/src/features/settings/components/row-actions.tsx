// The buttons at the end of a settings row: change, delete after a question; what is rare in a menu.
import { Button, Menu } from '@mantine/core'
import IconDots from '@tabler/icons-react/dist/esm/icons/IconDots.mjs'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Confirm } from '../../../components/confirm'
import { IconButton } from '../../../components/icon-button'
import { useProblemText } from '../../../components/use-problem-text'
import { say } from '../../../lib/toast'
import classes from './settings.module.css'

interface More { label: string; run: () => void }
interface Props { name: string; onEdit?: () => void; onDelete?: () => Promise<unknown>; deleteText?: string; more?: More[] }

export function RowActions({ name, onEdit, onDelete, deleteText, more }: Props) {
  const { t } = useTranslation()
  const describe = useProblemText()
  const [asking, setAsking] = useState(false)
  return (
    <span className={classes.actions}>
      {onEdit && <Button size="compact-sm" variant="default" onClick={onEdit} aria-label={t('desk.settings.edit', { name })}>{t('desk.act.edit')}</Button>}
      {more && (
        <Menu position="bottom-end" width={220}>
          <Menu.Target>
            <IconButton label={t('desk.settings.more', { name })}><IconDots size={18} stroke={1.8} aria-hidden="true" /></IconButton>
          </Menu.Target>
          <Menu.Dropdown>
            {more.map((item) => <Menu.Item key={item.label} onClick={item.run}>{item.label}</Menu.Item>)}
            {onDelete && <Menu.Divider />}
            {onDelete && <Menu.Item c="var(--danger)" onClick={() => setAsking(true)}>{t('desk.act.delete')}</Menu.Item>}
          </Menu.Dropdown>
        </Menu>
      )}
      {onDelete && !more && <Button size="compact-sm" variant="subtle" color="danger" onClick={() => setAsking(true)} aria-label={t('desk.settings.delete', { name })}>{t('desk.act.delete')}</Button>}
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
