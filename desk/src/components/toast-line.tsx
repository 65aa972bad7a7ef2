// Shows the one line at the foot of the screen and lets it go when its time is over.
import { Button, CloseButton } from '@mantine/core'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useStore } from '../lib/store'
import { hush, toastStore, undoLast } from '../lib/toast'
import { KeyHint } from './key-hint'
import classes from './toast-line.module.css'

export function ToastLine() {
  const { t } = useTranslation()
  const toast = useStore(toastStore)
  useEffect(() => {
    if (!toast) return
    const timer = setTimeout(() => hush(toast.id), Math.max(0, toast.until - Date.now()))
    return () => clearTimeout(timer)
  }, [toast])
  return (
    <div className={classes.place} role={toast?.tone === 'trouble' ? 'alert' : 'status'}>
      {toast && (
        <div className={classes.toast} data-tone={toast.tone} key={toast.id}>
          <span>{toast.text}</span>
          {toast.undo && (
            <Button variant="transparent" size="compact-sm" className={classes.action} onClick={() => void undoLast()}>
              {t('desk.act.undo')}&nbsp;<KeyHint id="undo" />
            </Button>
          )}
          {toast.action && (
            <Button variant="transparent" size="compact-sm" className={classes.action} onClick={toast.action.run}>
              {toast.action.label}
            </Button>
          )}
          <CloseButton size="sm" aria-label={t('desk.act.close')} onClick={() => hush(toast.id)} className={classes.close} />
        </div>
      )}
    </div>
  )
}
