// What a search found, newest first: taken up as a conversation, or put aside and brought back.
import { Button, SegmentedControl } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ChannelGlyph } from '../../../components/channel-glyph'
import { Bone, Delayed } from '../../../components/delayed'
import { EmptyState } from '../../../components/empty-state'
import { Section } from '../../../components/page-frame'
import { ProblemNotice } from '../../../components/problem-notice'
import type { Hit, Search } from '../../../lib/api/types'
import { formatExact, formatShort } from '../../../lib/format/time'
import { useNow } from '../../../lib/format/use-now'
import { type HitState, hitsQuery, useDecideHit } from '../api/searches'
import classes from './listening.module.css'

const STATES: HitState[] = ['open', 'taken_up', 'dismissed']

interface Props { search: Search; openConversation: (id: string) => void }

export function HitList({ search, openConversation }: Props) {
  const { t } = useTranslation()
  const [state, setState] = useState<HitState>('open')
  const query = useInfiniteQuery(hitsQuery(search.id, state))
  const decide = useDecideHit(openConversation)
  const hits = query.data?.pages.flatMap((page) => page.items) ?? []
  const choice = (
    <SegmentedControl
      size="xs"
      aria-label={t('desk.listening.which')}
      value={state}
      onChange={(value) => setState(value as HitState)}
      data={STATES.map((value) => ({ value, label: t(`desk.listening.which_${value}`) }))}
    />
  )
  return (
    <Section title={t('desk.listening.hits', { name: search.name })} tail={choice}>
      {query.isPending && <Delayed><p><Bone width="35%" /></p><p><Bone width="85%" /></p></Delayed>}
      {query.isError && !query.data && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && hits.length === 0 && <EmptyState title={t('desk.empty.hits.title')}>{t('desk.empty.hits.text')}</EmptyState>}
      <ul className={classes.list}>
        {hits.map((hit) => <HitLine key={hit.id} hit={hit} decide={decide} openConversation={openConversation} />)}
      </ul>
      {query.hasNextPage && (
        <Button variant="default" size="xs" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('desk.listening.more')}</Button>
      )}
    </Section>
  )
}

interface LineProps { hit: Hit; decide: ReturnType<typeof useDecideHit>; openConversation: (id: string) => void }

function HitLine({ hit, decide, openConversation }: LineProps) {
  const { t, i18n } = useTranslation()
  const now = useNow()
  const { message } = hit
  const conversation = message.conversation_id
  return (
    <li className={classes.hit}>
      <p className={classes.head}>
        <ChannelGlyph inbox={message.inbox} />
        <strong>{message.author.name ?? message.author.handle}</strong>
        {message.author.handle && message.author.name && <span className={classes.soft}>{message.author.handle}</span>}
        <time className={classes.soft} dateTime={message.platform_at} title={formatExact(i18n.language, message.platform_at)}>{formatShort(i18n.language, message.platform_at, now)}</time>
      </p>
      <p className={classes.text}>{message.title ? `${message.title}\n${message.body}` : message.body}</p>
      <p className={classes.acts}>
        {conversation ? (
          <Button size="compact-sm" variant="default" onClick={() => openConversation(conversation)}>{t('desk.listening.open')}</Button>
        ) : (
          <>
            <Button size="compact-sm" onClick={() => void decide.takeUp(hit)}>{t('desk.listening.take_up')}</Button>
            <Button size="compact-sm" variant="default" onClick={() => void decide.setDismissed(hit, !hit.dismissed_at)}>
              {t(hit.dismissed_at ? 'desk.listening.restore' : 'desk.listening.dismiss')}
            </Button>
          </>
        )}
        {message.url && <a href={message.url} target="_blank" rel="noreferrer noopener">{t('desk.listening.look')}</a>}
      </p>
    </li>
  )
}
