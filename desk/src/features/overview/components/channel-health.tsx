// Each inbox: whether it works, how far behind it is, what hangs.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ChannelGlyph } from '../../../components/channel-glyph'
import { Section, TableBox } from '../../../components/page-frame'
import { TroubleNotice } from '../../../components/trouble-notice'
import { UsageMeters } from '../../../components/usage-meters'
import { inboxesQuery } from '../../../lib/api/directory'
import type { Overview } from '../../../lib/api/types'
import { formatNumber } from '../../../lib/format/number'
import { formatSpan } from '../../../lib/format/time'
import classes from './overview.module.css'

const MINUTE = 60_000

export function ChannelHealth({ channels }: { channels: Overview['channels'] }) {
  const { t, i18n } = useTranslation()
  const { data: inboxes = [] } = useQuery({ ...inboxesQuery, refetchOnMount: 'always', refetchInterval: MINUTE })
  const healthOf = (id: string) => inboxes.find((inbox) => inbox.id === id)?.health
  const number = (value: number) => formatNumber(i18n.language, value)
  return (
    <Section title={t('desk.overview.channels')}>
      <TableBox label={t('desk.overview.channels')} stack>
        <thead>
          <tr>
            <th scope="col">{t('desk.filter.inbox')}</th>
            <th scope="col">{t('desk.filter.status')}</th>
            <th scope="col" data-number>{t('desk.overview.lag')}</th>
            <th scope="col" data-number>{t('desk.overview.queued')}</th>
            <th scope="col" data-number>{t('desk.overview.failed')}</th>
            <th scope="col" data-number>{t('desk.nav.quarantine')}</th>
          </tr>
        </thead>
        <tbody>
          {channels.map((channel) => (
            <tr key={channel.inbox.id}>
              <td><span className={classes.inbox}><ChannelGlyph inbox={channel.inbox} /> {channel.inbox.name}</span></td>
              <td>
                <span className={classes.state} data-state={channel.state}>{t(`desk.inbox_state.${channel.state}`)}</span>
                {channel.trouble && <TroubleNotice trouble={channel.trouble} />}
                <UsageMeters usage={healthOf(channel.inbox.id)?.usage ?? []} quietUntil={healthOf(channel.inbox.id)?.quiet_until ?? null} queued={channel.queued_out} />
              </td>
              <td data-number data-label={t('desk.overview.lag')}>{channel.lag_seconds === null ? '–' : channel.lag_seconds < 60 ? t('desk.overview.up_to_date') : formatSpan(i18n.language, channel.lag_seconds * 1000)}</td>
              <td data-number data-label={t('desk.overview.queued')}>{number(channel.queued_out)}</td>
              <td data-number data-label={t('desk.overview.failed')}>{number(channel.failed_out)}</td>
              <td data-number data-label={t('desk.nav.quarantine')}>{number(channel.quarantined)}</td>
            </tr>
          ))}
        </tbody>
      </TableBox>
    </Section>
  )
}
