// Our posts: one text to several accounts of a brand, and what became of those before.
import { Button } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import IconSpeakerphone from '@tabler/icons-react/dist/esm/icons/IconSpeakerphone.mjs'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Bone, Delayed } from '../../../components/delayed'
import { EmptyState } from '../../../components/empty-state'
import { PageFrame, Section } from '../../../components/page-frame'
import { ProblemNotice } from '../../../components/problem-notice'
import { announcementsQuery, announcingAccountsQuery } from '../api/list-announcements'
import { AnnouncementForm } from './announcement-form'
import { AnnouncementItem } from './announcement-item'
import classes from './announcements.module.css'

export function AnnouncementsPage({ lead }: { lead?: ReactNode }) {
  const { t } = useTranslation()
  const accounts = useQuery(announcingAccountsQuery)
  const said = useInfiniteQuery(announcementsQuery)
  const items = said.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <PageFrame title={t('desk.nav.announcements')} lead={lead}>
      <Section title={t('desk.announce.new')} text={t('desk.announce.new_text')}>
        {accounts.isPending && <Delayed><p><Bone width="80%" /></p><p><Bone width="65%" /></p></Delayed>}
        {accounts.isError && <ProblemNotice error={accounts.error} onRetry={() => void accounts.refetch()} />}
        {accounts.data?.length === 0 && (
          <EmptyState sign={<IconSpeakerphone size={28} stroke={1.5} />} title={t('desk.empty.announcing.title')}>{t('desk.empty.announcing.text')}</EmptyState>
        )}
        {accounts.data && accounts.data.length > 0 && <AnnouncementForm accounts={accounts.data} />}
      </Section>
      <Section title={t('desk.announce.said')}>
        {said.isPending && <Delayed><p><Bone width="30%" /></p><p><Bone width="70%" /></p></Delayed>}
        {said.isError && !said.data && <ProblemNotice error={said.error} onRetry={() => void said.refetch()} />}
        {said.data && items.length === 0 && (
          <EmptyState title={t('desk.empty.announcements.title')}>{t('desk.empty.announcements.text')}</EmptyState>
        )}
        <ul className={classes.list}>{items.map((item) => <AnnouncementItem key={item.id} announcement={item} />)}</ul>
        {said.hasNextPage && (
          <Button variant="default" size="xs" loading={said.isFetchingNextPage} onClick={() => void said.fetchNextPage()}>{t('desk.announce.more')}</Button>
        )}
      </Section>
    </PageFrame>
  )
}
