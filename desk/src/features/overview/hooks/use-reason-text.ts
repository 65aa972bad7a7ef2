// A class of trouble in plain words; what the other side said follows it.
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'

type Reason = { class?: string; code?: string; detail?: string | null } | string | null | undefined

export function useReasonText() {
  const { t } = useTranslation()
  return useCallback(
    (reason: Reason): string => {
      if (!reason) return ''
      if (typeof reason === 'string') return t(`desk.trouble.${reason}`, { defaultValue: reason })
      const name = reason.class ?? reason.code
      if (!name) return reason.detail ?? ''
      const words = t([`desk.trouble.${name}`, `desk.delivery.reason.${name}`], { defaultValue: name })
      return reason.detail ? `${words} (${reason.detail})` : words
    },
    [t],
  )
}
