// How a post or a comment is doing at its network: views, likes, replies, as far as the network tells; what nobody did yet is not counted out.
import IconEye from '@tabler/icons-react/dist/esm/icons/IconEye.mjs'
import IconMessages from '@tabler/icons-react/dist/esm/icons/IconMessages.mjs'
import IconThumbUp from '@tabler/icons-react/dist/esm/icons/IconThumbUp.mjs'
import { useTranslation } from 'react-i18next'
import type { Message } from '../lib/api/types'
import { formatNumber } from '../lib/format/number'
import { formatMinute } from '../lib/format/time'
import classes from './figures.module.css'

const SIGNS = { views: IconEye, likes: IconThumbUp, replies: IconMessages } as const

export function Figures({ figures }: { figures: Message['figures'] }) {
  const { t, i18n } = useTranslation()
  const told = (['views', 'likes', 'replies'] as const).flatMap((name) => {
    const count = figures?.[name] ?? 0
    return count > 0 ? [{ name, count }] : []
  })
  if (!figures || told.length === 0) return null
  return (
    <ul className={classes.figures} title={t('desk.figures.told', { at: formatMinute(i18n.language, figures.told_at) })} aria-label={t('desk.figures.label')}>
      {told.map(({ name, count }) => {
        const Sign = SIGNS[name]
        return (
          <li key={name}>
            <Sign size={14} stroke={1.8} aria-hidden="true" /> {t(`desk.figures.${name}`, { count, number: formatNumber(i18n.language, count) })}
          </li>
        )
      })}
    </ul>
  )
}
