// The files that go with a reply, while and after they are uploaded.
import { CloseButton, Loader } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatSize } from '../../../lib/format/number'
import type { useUploads } from '../hooks/use-uploads'
import classes from './composer.module.css'

export function UploadStrip({ uploads }: { uploads: ReturnType<typeof useUploads> }) {
  const { t, i18n } = useTranslation()
  if (uploads.files.length === 0) return null
  return (
    <ul className={classes.files} aria-label={t('desk.composer.files')}>
      {uploads.files.map((file) => (
        <li key={file.key} className={classes.file} data-trouble={file.trouble ? true : undefined}>
          {!file.upload && !file.trouble && <Loader size={12} aria-label={t('desk.composer.uploading')} />}
          <span>{file.name}</span>
          <span className={file.trouble ? undefined : classes.size}>{file.trouble ?? formatSize(i18n.language, file.size)}</span>
          <CloseButton size="xs" aria-label={t('desk.composer.remove_file', { name: file.name })} onClick={() => uploads.remove(file.key)} />
        </li>
      ))}
    </ul>
  )
}
