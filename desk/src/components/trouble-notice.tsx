// What is wrong with an inbox, since when, the way out, and what the network itself said.
import IconAlertTriangle from '@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs'
import { useTranslation } from 'react-i18next'
import type { Trouble } from '../lib/api/types'
import { formatExact, formatShort } from '../lib/format/time'
import { useNow } from '../lib/format/use-now'
import classes from './trouble-notice.module.css'
import { passes, useTroubleText } from './use-trouble-text'

interface Props { trouble: Trouble; boxed?: boolean }

export function TroubleNotice({ trouble, boxed }: Props) {
  const { t, i18n } = useTranslation()
  const now = useNow()
  const { cause, way } = useTroubleText()(trouble)
  return (
    <div className={classes.trouble} data-boxed={boxed || undefined} data-passing={passes(trouble) || undefined} role={boxed ? 'group' : undefined} aria-label={boxed ? cause : undefined}>
      <p className={classes.cause}>
        {boxed && <IconAlertTriangle size={16} stroke={1.9} aria-hidden="true" />}
        <span>
          {cause}
          {trouble.since && <time dateTime={trouble.since} title={formatExact(i18n.language, trouble.since)}> {t('desk.trouble.since', { at: formatShort(i18n.language, trouble.since, now) })}</time>}
        </span>
      </p>
      {way && <p>{way}</p>}
      {trouble.detail && <p className={classes.said}>{t('desk.trouble.said', { detail: trouble.detail })}</p>}
    </div>
  )
}
