// What needs a person: failed answers, disturbed channels, each with its reason and the way there.
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import IconAlertTriangle from '@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs'
import IconSunHigh from '@tabler/icons-react/dist/esm/icons/IconSunHigh.mjs'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { EmptyState } from '../../../components/empty-state'
import { Moment } from '../../../components/moment'
import { PageFrame } from '../../../components/page-frame'
import { ProblemNotice } from '../../../components/problem-notice'
import { alertsQuery } from '../api/list-alerts'
import { useReasonText } from '../hooks/use-reason-text'
import classes from './overview.module.css'

interface Props { lead?: ReactNode; openConversation: (id: string) => void }

export function AlertsPage({ lead, openConversation }: Props) {
  const { t } = useTranslation()
  const describe = useReasonText()
  const { data, error, isError, refetch } = useQuery(alertsQuery)
  return (
    <PageFrame title={t('desk.nav.alerts')} lead={lead} narrow>
      {isError && !data && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && (
        <EmptyState sign={<IconSunHigh size={28} stroke={1.5} />} title={t('desk.empty.alerts.title')}>{t('desk.empty.alerts.text')}</EmptyState>
      )}
      <ul className={classes.list}>
        {data?.map((alert) => (
          <li key={alert.id} className={classes.alert}>
            <IconAlertTriangle size={18} stroke={1.8} aria-hidden="true" />
            <div>
              <p><strong>{t(`desk.alert.${alert.kind}`, { defaultValue: alert.kind })}</strong> {alert.inbox?.name}</p>
              <p>{describe(alert.reason)}</p>
              <Moment at={alert.at} className={classes.when} />
            </div>
            {alert.conversation_id && (
              <Button size="compact-sm" variant="default" onClick={() => openConversation(alert.conversation_id as string)}>{t('desk.alert.open')}</Button>
            )}
          </li>
        ))}
      </ul>
    </PageFrame>
  )
}
