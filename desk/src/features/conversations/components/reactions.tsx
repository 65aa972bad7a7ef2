// Reactions to a message, counted.
import { useTranslation } from 'react-i18next'
import type { Message } from '../../../lib/api/types'
import { formatNumber } from '../../../lib/format/number'
import classes from './message-parts.module.css'

const SIGNS: Record<string, string> = { like: '👍', love: '❤️', thanks: '🙏', laugh: '😄', sad: '😢', angry: '😠' }

export function Reactions({ reactions }: { reactions: Message['reactions'] }) {
  const { t, i18n } = useTranslation()
  const shown = reactions.filter((item) => item.count > 0)
  if (shown.length === 0) return null
  return (
    <ul className={classes.reactions} aria-label={t('desk.reaction.label')}>
      {shown.map(({ kind, count }) => (
        <li key={kind} className={classes.reaction} title={t(`desk.reaction.${kind}`, { defaultValue: kind })}>
          <span aria-hidden="true">{SIGNS[kind] ?? '•'}</span>{' '}
          <span className="seen-by-readers-only">{t(`desk.reaction.${kind}`, { defaultValue: kind })}</span>
          <span className="tabular">{formatNumber(i18n.language, count)}</span>
        </li>
      ))}
    </ul>
  )
}
