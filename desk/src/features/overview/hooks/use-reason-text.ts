// A class of trouble in plain words; what the other side said follows it.
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'

type Reason = { class: string; detail: string | null } | string | null

export function useReasonText() {
  const { t } = useTranslation()
  return useCallback(
    (reason: Reason): string => {
      if (reason === null) return ''
      if (typeof reason === 'string') return t(`desk.trouble.${reason}`, { defaultValue: reason })
      const words = t([`desk.trouble.${reason.class}`, `desk.delivery.reason.${reason.class}`], { defaultValue: reason.class })
      return reason.detail ? `${words} (${reason.detail})` : words
    },
    [t],
  )
}
