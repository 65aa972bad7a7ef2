// Stops a send for a moment when the conversation has moved on since the writing began.
import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import classes from './composer.module.css'

interface Props { count: number; onLook: () => void; onSend: () => void }

export function ComposerGate({ count, onLook, onSend }: Props) {
  const { t } = useTranslation()
  return (
    <div className={classes.gate} role="alertdialog" aria-label={t('desk.composer.gate.title')}>
      <p>{t('desk.composer.gate.text', { count })}</p>
      <Button size="compact-sm" variant="default" autoFocus onClick={onLook}>{t('desk.composer.gate.look')}</Button>
      <Button size="compact-sm" variant="subtle" onClick={onSend}>{t('desk.composer.gate.send')}</Button>
    </div>
  )
}
