// The files that go along, while and after they are uploaded; a picture with room to say what it shows.
import { CloseButton, Loader, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatSize } from '../lib/format/number'
import classes from './upload-strip.module.css'
import { LONGEST_ALT, type Uploads } from './use-uploads'

export function UploadStrip({ uploads }: { uploads: Uploads }) {
  const { t, i18n } = useTranslation()
  if (uploads.files.length === 0) return null
  return (
    <ul className={classes.files} aria-label={t('desk.composer.files')}>
      {uploads.files.map((file) => {
        const { key, name, picture, trouble } = file
        return (
          <li key={key} className={classes.file} data-picture={(picture && !trouble) || undefined} data-trouble={trouble ? true : undefined}>
            {picture && <img className={classes.thumb} src={picture} alt="" />}
            <span className={classes.name}>
              {!file.upload && !trouble && <Loader size={12} aria-label={t('desk.composer.uploading')} />}
              <span>{name}</span>
              <span className={trouble ? undefined : classes.size}>{trouble ?? formatSize(i18n.language, file.size)}</span>
            </span>
            {picture && !trouble && (
              <TextInput
                size="xs"
                className={classes.alt}
                maxLength={LONGEST_ALT}
                aria-label={t('desk.composer.alt_for', { name })}
                placeholder={t('desk.composer.alt')}
                value={file.alt}
                onChange={(event) => uploads.setAlt(key, event.currentTarget.value)}
                // Enter sends no form half-way through a description.
                onKeyDown={(event) => event.key === 'Enter' && !event.ctrlKey && !event.metaKey && event.preventDefault()}
              />
            )}
            <CloseButton size="xs" className={classes.remove} aria-label={t('desk.composer.remove_file', { name })} onClick={() => uploads.remove(key)} />
          </li>
        )
      })}
    </ul>
  )
}
