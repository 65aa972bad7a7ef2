// Asks which accounts would refuse the files, before anybody publishes.
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { AnnouncementPreview, NewAnnouncement } from '../../../lib/api/types'

/** What a text can be refused for is known without asking. */
const OF_FILES = new Set(['network_takes_no_attachments', 'too_many_attachments', 'attachment_too_large'])

export const filePreviewQuery = ({ brand, inboxes, attachments = [] }: NewAnnouncement) =>
  queryOptions({
    queryKey: keys.announcementPreview(inboxes, attachments),
    queryFn: ({ signal }) =>
      call<AnnouncementPreview[]>('POST', '/posts/preview', { signal, body: { brand, inboxes, attachments, text: '…' } }),
    select: (previews) => new Map(previews.flatMap(({ inbox, refusal }) => (refusal && OF_FILES.has(refusal.code) ? [[inbox.id, refusal] as const] : []))),
    enabled: inboxes.length > 0 && attachments.length > 0,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  })
