// Why accounts refuse, each in words: the files before publishing, everything else after the server said so.
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Problem } from '../../../lib/api/client'
import { formatNumber, formatSize } from '../../../lib/format/number'
import { filePreviewQuery } from '../api/preview-files'
import type { DraftAnnouncement } from './use-draft-announcement'

/** `failure` is what the server answered to exactly this draft, if it was sent. */
export function useRefusals(draft: DraftAnnouncement, failure: unknown): Map<string, string> {
  const { t, i18n } = useTranslation()
  const { data: ofFiles } = useQuery(filePreviewQuery(draft.body))
  const faults = failure instanceof Problem ? (failure.document.errors ?? []) : []
  const refusals = new Map<string, string>()
  for (const { account } of draft.taken) {
    const { id } = account.inbox
    const refusal = draft.body.attachments ? ofFiles?.get(id) : undefined
    if (refusal) {
      const limit = Number(refusal.facts.limit ?? 0)
      refusals.set(id, t(`desk.announce.files.${refusal.code}`, {
        count: limit, limit: formatNumber(i18n.language, limit), size: formatSize(i18n.language, limit), defaultValue: t(`desk.problem.${refusal.code}`),
      }))
    }
    const said = faults.find(({ field }) => field === `inboxes.${id}`)
    const why = `desk.problem.${said?.code}`
    if (said && !refusal) refusals.set(id, i18n.exists(why) ? t(why) : t('desk.problem.validation_failed'))
  }
  return refusals
}
