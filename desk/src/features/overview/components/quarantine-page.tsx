// Deliveries that could not be read: why, what exactly came, and the way back in.
import { Button, Modal } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import IconShieldCheck from '@tabler/icons-react/dist/esm/icons/IconShieldCheck.mjs'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Confirm } from '../../../components/confirm'
import { EmptyState } from '../../../components/empty-state'
import { Moment } from '../../../components/moment'
import { PageFrame, TableBox } from '../../../components/page-frame'
import { ProblemNotice } from '../../../components/problem-notice'
import { quarantinedQuery, quarantineQuery, useSettleQuarantined } from '../api/quarantine'
import type { Quarantined } from '../../../lib/api/types'
import classes from './overview.module.css'

export function QuarantinePage({ lead }: { lead?: ReactNode }) {
  const { t } = useTranslation()
  const settle = useSettleQuarantined()
  const query = useInfiniteQuery(quarantineQuery)
  const [shown, setShown] = useState<string | null>(null)
  const [discarding, setDiscarding] = useState<string | null>(null)
  const items = query.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <PageFrame title={t('desk.nav.quarantine')} lead={lead}>
      {query.isError && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && (
        <EmptyState sign={<IconShieldCheck size={28} stroke={1.5} />} title={t('desk.empty.quarantine.title')}>{t('desk.empty.quarantine.text')}</EmptyState>
      )}
      {items.length > 0 && (
        <TableBox label={t('desk.nav.quarantine')} stack>
          <thead>
            <tr>
              <th scope="col">{t('desk.filter.inbox')}</th>
              <th scope="col">{t('desk.time.received_at')}</th>
              <th scope="col">{t('desk.quarantine.reason')}</th>
              <th scope="col"><span className="seen-by-readers-only">{t('desk.quarantine.actions')}</span></th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.id}>
                <td>{item.inbox?.name ?? '–'}</td>
                <td><Moment at={item.received_at} /></td>
                <td><Why reason={item.reason} /></td>
                <td>
                  <span className={classes.actions}>
                    <Button size="compact-sm" variant="default" onClick={() => setShown(item.id)}>{t('desk.quarantine.raw')}</Button>
                    <Button size="compact-sm" variant="light" onClick={() => void settle(item.id, 'retake')}>{t('desk.quarantine.retake')}</Button>
                    <Button size="compact-sm" variant="subtle" color="danger" onClick={() => setDiscarding(item.id)}>{t('desk.act.delete')}</Button>
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </TableBox>
      )}
      {query.hasNextPage && (
        <Button mt="md" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('desk.quarantine.more')}</Button>
      )}
      {shown && <RawView id={shown} onClose={() => setShown(null)} />}
      {discarding && (
        <Confirm
          title={t('desk.quarantine.discard')}
          text={t('desk.quarantine.discard_text')}
          act={t('desk.act.delete')}
          onClose={() => setDiscarding(null)}
          onConfirm={() => settle(discarding, 'discard')}
        />
      )}
    </PageFrame>
  )
}

function Why({ reason }: { reason: Quarantined['reason'] }) {
  const { t } = useTranslation()
  return t(`desk.quarantine.why.${reason.class}`, { ...reason.facts, defaultValue: reason.detail ?? reason.class })
}

function RawView({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation()
  const { data, error, isError } = useQuery(quarantinedQuery(id))
  return (
    <Modal opened onClose={onClose} title={t('desk.quarantine.raw')} size="xl" closeButtonProps={{ 'aria-label': t('desk.act.close') }}>
      {isError && <ProblemNotice error={error} />}
      {data?.reason.detail && <p className={classes.detail}>{t('desk.quarantine.detail')}: <code>{data.reason.detail}</code></p>}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolled region must be reachable by keyboard */}
      {data && <pre className={classes.raw} tabIndex={0}>{data.raw}</pre>}
    </Modal>
  )
}
