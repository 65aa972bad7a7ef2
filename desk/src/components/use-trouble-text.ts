// What is wrong with an inbox and what helps, in words.
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { Trouble } from '../lib/api/types'

/** What ends by itself. */
const PASSING = new Set(['retry_after', 'retry_backoff', 'uncertain'])

export function passes(trouble: Pick<Trouble, 'class'>): boolean {
  return PASSING.has(trouble.class)
}

export function useTroubleText() {
  const { t, i18n } = useTranslation()
  return useCallback(
    (trouble: Pick<Trouble, 'class' | 'detail'>) => {
      const { class: name, detail } = trouble
      const known = i18n.exists(`desk.trouble.cause.${name}`)
      return {
        cause: known ? t(`desk.trouble.cause.${name}`) : t(`desk.delivery.reason.${name}`, { defaultValue: detail ?? name }),
        way: known ? t(`desk.trouble.way.${name}`) : null,
      }
    },
    [t, i18n],
  )
}
