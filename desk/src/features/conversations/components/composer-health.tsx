// Says above the text that the inbox it leaves by is disturbed: the cause, and what becomes of answers or who can help.
import IconAlertTriangle from '@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs'
import { useTranslation } from 'react-i18next'
import { passes, useTroubleText } from '../../../components/use-trouble-text'
import { useInboxes } from '../../../lib/api/directory'
import { useMayAdminister } from '../../../lib/api/session'
import { formatShort } from '../../../lib/format/time'
import { useNow } from '../../../lib/format/use-now'
import classes from './composer-parts.module.css'

export function ComposerHealth({ inboxId }: { inboxId: string }) {
  const { t, i18n } = useTranslation()
  const describe = useTroubleText()
  const administers = useMayAdminister()
  const now = useNow()
  const health = useInboxes().find((item) => item.id === inboxId)?.health
  const until = health?.quiet_until && Date.parse(health.quiet_until) > now ? health.quiet_until : null
  // A limit that is over again has no trouble to tell of, but while it lasts it is one.
  const trouble = health?.trouble ?? (until ? { class: 'retry_after', detail: null } : null)
  if (!trouble) return null
  const passing = passes(trouble)
  return (
    <p className={classes.health} data-passing={passing || undefined} role="status">
      <IconAlertTriangle size={15} stroke={1.9} aria-hidden="true" />
      <span>
        {describe(trouble).cause}{' '}
        {passing && (until ? t('desk.trouble.waits_until', { at: formatShort(i18n.language, until, now) }) : t('desk.trouble.waits'))}
        {!passing && administers && <a href="/desk/settings/inboxes">{t('desk.trouble.open')}</a>}
        {!passing && !administers && t('desk.trouble.tell')}
      </span>
    </p>
  )
}
