// How long the text is of how long it may be, by the network's own count; in parts where it leaves in parts.
import { useTranslation } from 'react-i18next'
import { formatNumber } from '../../../lib/format/number'
import type { Measure } from '../../../lib/length'
import classes from './composer.module.css'

export function ComposerLength({ measured }: { measured: Measure | null }) {
  const { t, i18n } = useTranslation()
  const number = (value: number) => formatNumber(i18n.language, value)
  const words = () => {
    if (!measured) return null
    const { length, limit, parts, over } = measured
    if (over) return t(over.of === 'bytes' ? 'desk.composer.over_bytes' : 'desk.composer.over', { count: over.count })
    const left = limit === null ? null : t('desk.composer.left', { length: number(length), limit: number(limit) })
    return [left, parts === null ? null : t('desk.composer.parts', { count: parts })].filter(Boolean).join(' · ')
  }
  const over = Boolean(measured?.over)
  return <span className={classes.length} data-over={over || undefined} role={over ? 'alert' : undefined}>{words()}</span>
}
