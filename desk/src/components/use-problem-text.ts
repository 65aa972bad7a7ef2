// Says a problem in the person's words: what happened and what to do.
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { Problem } from '../lib/api/client'

export function useProblemText() {
  const { t, i18n } = useTranslation()
  return useCallback(
    (error: unknown): string => {
      if (!(error instanceof Problem)) return t('desk.problem.unknown')
      const key = `desk.problem.${error.code}`
      if (i18n.exists(key)) {
        return t(key, { ...error.document.facts, seconds: error.retryAfterSeconds ?? 30, id: error.document.error_id ?? '–' })
      }
      if (error.status >= 500) return t('desk.problem.internal', { id: error.document.error_id ?? '–' })
      return error.document.detail ?? error.document.title ?? t('desk.problem.unknown')
    },
    [t, i18n],
  )
}
