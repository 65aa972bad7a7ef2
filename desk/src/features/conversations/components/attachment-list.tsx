// Files that came or go with a message; fetched only from our own server.
import IconPaperclip from '@tabler/icons-react/dist/esm/icons/IconPaperclip.mjs'
import { useTranslation } from 'react-i18next'
import { useLanguage } from '../../../components/use-language'
import type { Attachment } from '../../../lib/api/types'
import { formatSize } from '../../../lib/format/number'
import classes from './message-parts.module.css'

export function AttachmentList({ attachments }: { attachments: Attachment[] }) {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <ul className={classes.attachments}>
      {attachments.map((file) => (
        <li key={file.id}>
          <a className={classes.attachment} href={`/api/v1/attachments/${file.id}`} download={file.name} data-missing={file.missing ? true : undefined}>
            <IconPaperclip size={15} stroke={1.7} aria-hidden="true" />
            <span>{file.name}</span>
            {file.alt && <span className={classes.alt} title={file.alt}>{file.alt}</span>}
            {file.missing && <small>{t(`desk.message.missing.${file.missing}`, { defaultValue: t('desk.message.missing.unreachable') })}</small>}
            {!file.missing && file.size !== null && <small className="tabular">{formatSize(language, file.size)}</small>}
          </a>
        </li>
      ))}
    </ul>
  )
}
