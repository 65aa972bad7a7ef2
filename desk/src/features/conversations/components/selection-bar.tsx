// What can be done with all selected rows at once.
import { Button, CloseButton } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '../../../lib/api/types'
import { selectNone } from '../hooks/selection'
import { HoldingDialog } from './holding-dialog'
import classes from './holding.module.css'

/** The server takes no more in one step. */
const MOST = 500

export function SelectionBar({ ids, rows }: { ids: string[]; rows: Conversation[] }) {
  const { t } = useTranslation()
  const [step, setStep] = useState<string[] | null>(null)
  return (
    <>
      {ids.length > 0 && (
        <div className={classes.bar} role="toolbar" aria-label={t('desk.hold.bar')}>
          <span>{t('desk.hold.selected', { count: ids.length })}</span>
          <Button size="compact-sm" disabled={ids.length > MOST} title={ids.length > MOST ? t('desk.hold.most', { count: MOST }) : undefined} onClick={() => setStep(ids)}>{t('desk.hold.act')}</Button>
          <CloseButton size="sm" aria-label={t('desk.hold.none')} onClick={selectNone} />
        </div>
      )}
      {step && <HoldingDialog ids={step} known={rows} onClose={() => setStep(null)} onSent={selectNone} />}
    </>
  )
}
