// One search in the list: its state, what it looks for, and for each inbox the coverage and the day's budget.
import { Badge, Button, Progress } from '@mantine/core'
import '@mantine/core/styles/Badge.css'
import '@mantine/core/styles/Progress.css'
import { useTranslation } from 'react-i18next'
import { ChannelGlyph } from '../../../components/channel-glyph'
import type { Search } from '../../../lib/api/types'
import { formatNumber } from '../../../lib/format/number'
import { formatShort } from '../../../lib/format/time'
import { useNow } from '../../../lib/format/use-now'
import classes from './listening.module.css'

/** Up to which number the server counts. */
const MOST = 1000

interface Props { search: Search; chosen: boolean; onChoose: () => void; onEdit?: () => void }

export function SearchLine({ search, chosen, onChoose, onEdit }: Props) {
  const { t } = useTranslation()
  const { terms, waiting } = search
  const words = [...terms.words, ...terms.hashtags.map((tag) => `#${tag.replace(/^#/, '')}`), ...terms.mentions.map((name) => `@${name.replace(/^@/, '')}`)]
  return (
    <li className={classes.search} data-chosen={chosen || undefined}>
      <div className={classes.head}>
        <button type="button" className={classes.name} aria-pressed={chosen} onClick={onChoose}>{search.name}</button>
        <Badge variant="light" tt="none" fw={560} color={search.state === 'on' ? undefined : 'gray'} title={t(`desk.listening.state_text.${search.state}`)}>{t(`desk.listening.state.${search.state}`)}</Badge>
        <span className={classes.soft}>{search.brand.name}</span>
        <span className={classes.count}>{waiting >= MOST ? t('desk.listening.waiting_more', { count: MOST }) : t('desk.listening.waiting', { count: waiting })}</span>
        {onEdit && <Button size="compact-xs" variant="subtle" onClick={onEdit} aria-label={`${t('desk.listening.edit')}: ${search.name}`}>{t('desk.listening.edit')}</Button>}
      </div>
      <p className={classes.soft}>{words.join(' · ')}</p>
      <ul className={classes.places}>{search.inboxes.map((place) => <PlaceLine key={place.inbox.id} place={place} />)}</ul>
    </li>
  )
}

function PlaceLine({ place }: { place: Search['inboxes'][number] }) {
  const { t, i18n } = useTranslation()
  const now = useNow()
  const { budget, used_today: used, trouble } = place
  const number = (value: number) => formatNumber(i18n.language, value)
  const at = place.next_at ? formatShort(i18n.language, place.next_at, now) : ''
  const words = t('desk.listening.used', { used: number(used), budget: number(budget) })
  return (
    <li>
      <div className={classes.head}>
        <span className={classes.place}><ChannelGlyph inbox={place.inbox} /> {place.inbox.name}</span>
        {place.way === 'network' && (
          <span className={classes.meter}>
            <Progress value={Math.min(100, (used / budget) * 100)} color={used >= budget ? 'var(--public-edge)' : undefined} aria-label={words} size="sm" />
            <span>{words}</span>
          </span>
        )}
      </div>
      {trouble && <p className={classes.trouble}>{t('desk.listening.trouble', { detail: trouble.detail })}</p>}
      {place.way === 'network' && at && <p className={used >= budget ? classes.spent : classes.soft}>{used >= budget ? t('desk.listening.spent', { at }) : t('desk.listening.next', { at })}</p>}
      <p className={classes.soft}>{t(place.coverage)}</p>
    </li>
  )
}
