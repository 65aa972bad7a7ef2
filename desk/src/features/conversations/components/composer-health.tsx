// Says above the text that the inbox it leaves by is disturbed: the cause, and what becomes of answers or who can help.
import IconAlertTriangle from '@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs'
import { useTranslation } from 'react-i18next'
import { passes, useTroubleText } from '../../../components/use-trouble-text'
import { useInboxes } from '../../../lib/api/directory'
import { useMayAdminister } from '../../../lib/api/session'
import classes from './composer-parts.module.css'

export function ComposerHealth({ inboxId }: { inboxId: string }) {
  const { t } = useTranslation()
  const describe = useTroubleText()
  const administers = useMayAdminister()
  const trouble = useInboxes().find((item) => item.id === inboxId)?.health.trouble
  if (!trouble) return null
  const passing = passes(trouble)
  return (
    <p className={classes.health} data-passing={passing || undefined} role="status">
      <IconAlertTriangle size={15} stroke={1.9} aria-hidden="true" />
      <span>
        {describe(trouble).cause}{' '}
        {passing && t('desk.trouble.waits')}
        {!passing && administers && <a href="/desk/settings/inboxes">{t('desk.trouble.open')}</a>}
        {!passing && !administers && t('desk.trouble.tell')}
      </span>
    </p>
  )
}
