// What a search would have found: in what is stored, and on one page of each network, with what each cannot find.
import { useTranslation } from 'react-i18next'
import { ChannelGlyph } from '../../../components/channel-glyph'
import type { Trial } from '../../../lib/api/types'
import { formatNumber } from '../../../lib/format/number'
import { formatShort } from '../../../lib/format/time'
import { useNow } from '../../../lib/format/use-now'
import classes from './listening.module.css'

export function SearchTrial({ trial }: { trial: Trial }) {
  const { t, i18n } = useTranslation()
  const number = (value: number) => formatNumber(i18n.language, value)
  return (
    <div className={classes.trial} role="status">
      <p>
        <strong>
          {trial.looked_at === 0
            ? t('desk.listening.tried_none', { days: trial.days })
            : t('desk.listening.tried', { found: number(trial.count), looked: number(trial.looked_at), days: trial.days })}
        </strong>
      </p>
      <Examples examples={trial.examples} />
      {trial.networks.map((network) => (
        <div key={network.inbox.id} className={classes.tried}>
          <p className={classes.head}>
            <ChannelGlyph inbox={network.inbox} /> {network.inbox.name}
            {network.found !== null && <strong>{t('desk.listening.network_found', { count: network.found })}</strong>}
          </p>
          {network.trouble && <p className={classes.trouble}>{t('desk.listening.network_trouble', { detail: network.trouble.detail })}</p>}
          <p className={classes.soft}>{t(network.coverage)}</p>
          <Examples examples={network.examples} />
        </div>
      ))}
    </div>
  )
}

function Examples({ examples }: { examples: Trial['examples'] }) {
  const { t, i18n } = useTranslation()
  const now = useNow()
  if (examples.length === 0) return null
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolled region must be reachable by keyboard
    <div className={classes.examples} role="region" aria-label={t('desk.listening.examples')} tabIndex={0}>
      <ul>
        {examples.map((example) => (
          <li key={`${example.at} ${example.text}`}>
            <span className={classes.soft}>{example.author} · {formatShort(i18n.language, example.at, now)}</span>
            <br />
            {example.text}
          </li>
        ))}
      </ul>
    </div>
  )
}
