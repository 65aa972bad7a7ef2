// Reactions to a message, counted.
import IconConfetti from '@tabler/icons-react/dist/esm/icons/IconConfetti.mjs'
import IconHeart from '@tabler/icons-react/dist/esm/icons/IconHeart.mjs'
import IconMoodAngry from '@tabler/icons-react/dist/esm/icons/IconMoodAngry.mjs'
import IconMoodHappy from '@tabler/icons-react/dist/esm/icons/IconMoodHappy.mjs'
import IconMoodSad from '@tabler/icons-react/dist/esm/icons/IconMoodSad.mjs'
import IconThumbUp from '@tabler/icons-react/dist/esm/icons/IconThumbUp.mjs'
import { useTranslation } from 'react-i18next'
import type { Message } from '../../../lib/api/types'
import { formatNumber } from '../../../lib/format/number'
import classes from './message-parts.module.css'

const SIGNS: Record<string, typeof IconHeart | undefined> = { like: IconThumbUp, love: IconHeart, thanks: IconConfetti, laugh: IconMoodHappy, sad: IconMoodSad, angry: IconMoodAngry }

export function Reactions({ reactions }: { reactions: Message['reactions'] }) {
  const { t, i18n } = useTranslation()
  const shown = reactions.filter((item) => item.count > 0)
  if (shown.length === 0) return null
  return (
    <ul className={classes.reactions} aria-label={t('desk.reaction.label')}>
      {shown.map(({ kind, count, ours }) => {
        const Sign = SIGNS[kind]
        const name = t(`desk.reaction.${kind}`, { defaultValue: kind })
        return (
          <li key={kind} className={classes.reaction} data-ours={ours || undefined} title={ours ? `${name}, ${t('desk.reaction.ours')}` : name}>
            {Sign && <Sign size={14} stroke={1.8} aria-hidden="true" />}
            <span className={Sign ? 'seen-by-readers-only' : undefined}>{name}</span>
            <span className="tabular">{formatNumber(i18n.language, count)}</span>
            {ours && <span className="seen-by-readers-only">{t('desk.reaction.ours')}</span>}
          </li>
        )
      })}
    </ul>
  )
}
