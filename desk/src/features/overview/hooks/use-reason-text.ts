// A class of trouble in plain words; what the other side said follows it.
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'

type Reason = { class: string; detail: string | null } | null | undefined

export function useReasonText() {
  const { t } = useTranslation()
  return useCallback(
    (reason: Reason): string => {
      if (!reason) return ''
      const { class: name } = reason
      const words = t(`desk.delivery.reason.${name}`, { defaultValue: name })
      return reason.detail ? `${words} (${reason.detail})` : words
    },
    [t],
  )
}
