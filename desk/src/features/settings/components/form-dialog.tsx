// A settings form in a dialog: fields, what went wrong, save. What was typed stays when saving fails.
import { Button, Group, Modal } from '@mantine/core'
import type { FormEventHandler, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './settings.module.css'

interface Props {
  title: string
  form: { busy: boolean; trouble: string | null; onSubmit: FormEventHandler }
  onClose: () => void
  act?: string
  size?: string
  children: ReactNode
}

export function FormDialog({ title, form, onClose, act, size = 'md', children }: Props) {
  const { t } = useTranslation()
  return (
    <Modal opened onClose={onClose} title={title} size={size} closeButtonProps={{ 'aria-label': t('desk.act.close') }} closeOnClickOutside={false}>
      <form onSubmit={form.onSubmit} className={classes.form}>
        {children}
        {form.trouble && <p className={classes.trouble} role="alert">{form.trouble}</p>}
        <Group justify="flex-end" className={classes.dialog_foot}>
          <Button variant="default" onClick={onClose}>{t('desk.act.cancel')}</Button>
          <Button type="submit" loading={form.busy}>{act ?? t('desk.act.save')}</Button>
        </Group>
      </form>
    </Modal>
  )
}
