// Opens the choice of files.
import IconPaperclip from '@tabler/icons-react/dist/esm/icons/IconPaperclip.mjs'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from './icon-button'

export function AttachButton({ onFiles }: { onFiles: (files: Iterable<File>) => void }) {
  const { t } = useTranslation()
  const picker = useRef<HTMLInputElement>(null)
  return (
    <>
      <input ref={picker} type="file" multiple hidden onChange={(event) => { onFiles([...(event.currentTarget.files ?? [])]); event.currentTarget.value = '' }} />
      <IconButton label={t('desk.composer.attach')} onClick={() => picker.current?.click()}>
        <IconPaperclip size={18} stroke={1.7} aria-hidden="true" />
      </IconButton>
    </>
  )
}
