// The supervisor's screen: what waits, where it hurts in public, who is here, whether the channels work.
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ChannelGlyph } from '../../../components/channel-glyph'
import { Bone, Delayed } from '../../../components/delayed'
import { PageFrame, Section, TableBox } from '../../../components/page-frame'
import { ProblemNotice } from '../../../components/problem-notice'
import { WaitingTime } from '../../../components/waiting-time'
import type { Overview } from '../../../lib/api/types'
import { formatNumber } from '../../../lib/format/number'
import { overviewQuery } from '../api/read-overview'
import { ChannelHealth } from './channel-health'
import classes from './overview.module.css'

interface Props { lead?: ReactNode; openConversation: (id: string) => void; openQueue: (teamId: string) => void }

export function OverviewPage({ lead, openConversation, openQueue }: Props) {
  const { t } = useTranslation()
  const { data, error, isError, refetch } = useQuery(overviewQuery)
  return (
    <PageFrame title={t('desk.nav.overview')} lead={lead}>
      {isError && !data && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {!data && !isError && (
        <Delayed>
          <p><Bone width="40%" /></p>
          <p><Bone width="90%" height="9em" /></p>
        </Delayed>
      )}
      {data && (
        <>
          <Queues queues={data.queues} openQueue={openQueue} />
          <OldestPublic conversations={data.oldest_public} openConversation={openConversation} />
          <Present present={data.present} openConversation={openConversation} />
          <ChannelHealth channels={data.channels} />
        </>
      )}
    </PageFrame>
  )
}

function Queues({ queues, openQueue }: { queues: Overview['queues']; openQueue: (teamId: string) => void }) {
  const { t, i18n } = useTranslation()
  const number = (value: number) => formatNumber(i18n.language, value)
  return (
    <Section title={t('desk.nav.queues')}>
      <TableBox label={t('desk.nav.queues')} stack>
        <thead>
          <tr>
            <th scope="col">{t('desk.filter.team')}</th>
            <th scope="col" data-number>{t('desk.overview.open')}</th>
            <th scope="col" data-number>{t('desk.overview.unassigned')}</th>
            <th scope="col" data-number>{t('desk.overview.waiting_public')}</th>
            <th scope="col">{t('desk.overview.oldest')}</th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <tr key={queue.team.id}>
              <td><button type="button" className={classes.link} onClick={() => openQueue(queue.team.id)}>{queue.team.name}</button></td>
              <td data-number data-label={t('desk.overview.open')}>{number(queue.open)}</td>
              <td data-number data-label={t('desk.overview.unassigned')}>{number(queue.unassigned)}</td>
              <td data-number data-label={t('desk.overview.waiting_public')}>{number(queue.waiting_public)}</td>
              <td data-label={t('desk.overview.oldest')}>{queue.oldest_waiting_since ? <WaitingTime since={queue.oldest_waiting_since} /> : t('desk.overview.nobody_waits')}</td>
            </tr>
          ))}
        </tbody>
      </TableBox>
    </Section>
  )
}

type OldestProps = { conversations: Overview['oldest_public']; openConversation: (id: string) => void }

function OldestPublic({ conversations, openConversation }: OldestProps) {
  const { t } = useTranslation()
  return (
    <Section title={t('desk.overview.oldest_public')} text={t('desk.overview.oldest_public_text')}>
      {conversations.length === 0 && <p>{t('desk.overview.all_answered')}</p>}
      <ol className={classes.oldest}>
        {conversations.map((item) => (
          <li key={item.id}>
            <button type="button" className={classes.row} onClick={() => openConversation(item.id)}>
              <ChannelGlyph inbox={item.inbox} />
              <strong>{item.contact?.name ?? item.contact?.handle ?? t('desk.contact.unknown')}</strong>
              <span className={classes.preview}>{item.preview}</span>
              <span className={classes.owner}>{item.assignee?.name ?? item.team?.name ?? t('desk.assign.nobody')}</span>
              {item.waiting_since && <WaitingTime since={item.waiting_since} />}
            </button>
          </li>
        ))}
      </ol>
    </Section>
  )
}

function Present({ present, openConversation }: { present: Overview['present']; openConversation: (id: string) => void }) {
  const { t } = useTranslation()
  return (
    <Section title={t('desk.overview.present')} text={t('desk.overview.present_text')}>
      {present.length === 0 && <p>{t('desk.overview.nobody_here')}</p>}
      <ul className={classes.present}>
        {present.map(({ agent, activity, conversation_id: id }) => (
          <li key={agent.id}>
            <strong>{agent.name}</strong>{' '}
            {id ? (
              <button type="button" className={classes.link} onClick={() => openConversation(id)}>{t(`desk.activity.${activity}`)}</button>
            ) : (
              <span>{t(`desk.activity.${activity}`)}</span>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}
