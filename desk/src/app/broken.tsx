// What stands where a screen could not be shown, or an address leads nowhere.
import { useTranslation } from 'react-i18next'
import { EmptyState } from '../components/empty-state'
import { ProblemNotice } from '../components/problem-notice'

export function Broken({ error }: { error: unknown }) {
  return (
    <main style={{ display: 'flex', height: '100%' }}>
      <ProblemNotice error={error} onRetry={() => window.location.reload()} />
    </main>
  )
}

export function Lost() {
  const { t } = useTranslation()
  return (
    <main style={{ display: 'flex', height: '100%' }}>
      <EmptyState title={t('desk.lost.title')} action={<a href="/desk/">{t('desk.lost.act')}</a>}>{t('desk.lost.text')}</EmptyState>
    </main>
  )
}
