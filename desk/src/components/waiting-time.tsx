// How long somebody has been waiting for us, in words.
import IconClock from '@tabler/icons-react/dist/esm/icons/IconClock.mjs'
import { useTranslation } from 'react-i18next'
import { formatExact, formatSince } from '../lib/format/time'
import { useNow } from '../lib/format/use-now'
import classes from './waiting-time.module.css'

const LONG_MS = 4 * 3_600_000

export function WaitingTime({ since, prefix = false }: { since: string; prefix?: boolean }) {
  const { t, i18n } = useTranslation()
  const now = useNow()
  const justNow = now - Date.parse(since) < 60_000
  const span = justNow ? t('desk.wait.now') : formatSince(i18n.language, since, now)
  return (
    <time
      dateTime={since}
      className={classes.waiting}
      data-long={now - Date.parse(since) > LONG_MS || undefined}
      title={t('desk.wait.exact', { at: formatExact(i18n.language, since) })}
    >
      <IconClock size={13} stroke={1.9} aria-hidden="true" />
      {prefix ? t(justNow ? 'desk.wait.since_now' : 'desk.wait.since', { span }) : span}
      {!prefix && <span className="seen-by-readers-only"> {t('desk.wait.waiting')}</span>}
    </time>
  )
}
