// What an account has used of what its network grants: how much, until when, and what waits for that.
import { Progress } from '@mantine/core'
import '@mantine/core/styles/Progress.css'
import { Fragment } from 'react'
import { useTranslation } from 'react-i18next'
import type { Usage } from '../lib/api/types'
import { formatNumber } from '../lib/format/number'
import { formatShort } from '../lib/format/time'
import { useNow } from '../lib/format/use-now'
import classes from './usage-meters.module.css'

/** From here on it is worth a word. */
const SCARCE = 0.8

interface Props { usage: Usage[]; quietUntil: string | null; queued?: number }

export function UsageMeters({ usage, quietUntil, queued = 0 }: Props) {
  const { t, i18n } = useTranslation()
  const now = useNow()
  const at = (time: string) => formatShort(i18n.language, time, now)
  const number = (value: number) => formatNumber(i18n.language, value)
  const waits = quietUntil !== null && Date.parse(quietUntil) > now
  if (usage.length === 0 && !waits) return null
  return (
    <ul className={classes.meters} aria-label={t('desk.usage.label')}>
      {waits && quietUntil && <li className={classes.waits}>{t(queued > 0 ? 'desk.usage.queued' : 'desk.usage.quiet', { count: queued, at: at(quietUntil) })}</li>}
      {usage.map((metered) => {
        const { search, unit, used, budget, resets_at: anew } = metered
        const counted = { used: number(used), most: number(budget ?? 0), unit: t(`desk.usage.unit.${unit}`, { defaultValue: unit }) }
        const words = t(budget === null ? 'desk.usage.used' : 'desk.usage.used_of', counted)
        return (
          <Fragment key={search?.id ?? ''}>
            <Meter used={used} most={budget} words={search ? t('desk.usage.of_search', { name: search.name, words }) : words} anew={t('desk.usage.anew', { at: at(anew) })} />
            {metered.limits.filter((limit) => isScarce(limit, now)).map((limit) => (
              <Meter
                key={limit.name}
                used={limit.most - limit.remaining}
                most={limit.most}
                words={t('desk.usage.limit', { name: t(`desk.usage.name.${limit.name}`, { defaultValue: limit.name }), used: number(limit.most - limit.remaining), most: number(limit.most) })}
                anew={t('desk.usage.anew', { at: at(limit.resets_at) })}
              />
            ))}
          </Fragment>
        )
      })}
    </ul>
  )
}

/** The network's own short limits begin anew within minutes: only those that are nearly used up matter. */
function isScarce({ most, remaining, resets_at: anew }: Usage['limits'][number], now: number): boolean {
  return Date.parse(anew) > now && most > 0 && 1 - remaining / most >= SCARCE
}

function Meter({ used, most, words, anew }: { used: number; most: number | null; words: string; anew: string }) {
  const full = most !== null && used >= most
  const part = most ? Math.min(100, (used / most) * 100) : null
  return (
    <li className={classes.meter} data-full={full || undefined}>
      {part !== null && <Progress className={classes.bar} value={part} color={part >= SCARCE * 100 ? 'var(--public-edge)' : undefined} size="sm" aria-label={words} />}
      <span>{words}</span>
      <span className={classes.anew}>{anew}</span>
    </li>
  )
}
