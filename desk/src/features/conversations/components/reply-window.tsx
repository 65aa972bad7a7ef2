// Until when the network takes an answer: calm at first, in plain sight in the last hour.
import IconClock from '@tabler/icons-react/dist/esm/icons/IconClock.mjs'
import { useTranslation } from 'react-i18next'
import { formatMinute, formatShort, formatSpan } from '../../../lib/format/time'
import { useNow } from '../../../lib/format/use-now'
import classes from './composer-parts.module.css'

const CLOSING_MS = 3_600_000
const LAST_MS = 60_000

export function ReplyWindow({ until }: { until: string }) {
  const { t, i18n } = useTranslation()
  const now = useNow()
  const left = Date.parse(until) - now
  const words = () => {
    if (left > CLOSING_MS) return t('desk.composer.window.open', { at: formatShort(i18n.language, until, now) })
    if (left > LAST_MS) return t('desk.composer.window.closing', { span: formatSpan(i18n.language, left) })
    return t('desk.composer.window.last')
  }
  return (
    <time
      dateTime={until}
      className={classes.window}
      data-closing={left <= CLOSING_MS || undefined}
      title={t('desk.composer.window.exact', { at: formatMinute(i18n.language, until) })}
    >
      <IconClock size={14} stroke={1.9} aria-hidden="true" />
      {words()}
    </time>
  )
}
