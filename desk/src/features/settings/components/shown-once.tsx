// Something shown once, to be copied now: a secret, a token, a link.
import { Button, Modal } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { copyText } from '../../../lib/copy-text'
import classes from './settings.module.css'

export interface Shown { label: string; value: string }

export function ShownOnce({ title, text, shown, onClose }: { title: string; text: string; shown: Shown[]; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Modal opened onClose={onClose} title={title} size="lg" closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('desk.act.close') }}>
      <p className={classes.lead}>{text}</p>
      {shown.map((item) => <Copyable key={item.label} {...item} />)}
      <Button fullWidth mt="md" variant="default" onClick={onClose}>{t('desk.act.done')}</Button>
    </Modal>
  )
}

export function Copyable({ label, value }: Shown) {
  const { t } = useTranslation()
  const [copied, setCopied] = useState(false)
  return (
    <div className={classes.copyable}>
      <span>{label}</span>
      <input readOnly value={value} aria-label={label} onFocus={(event) => event.currentTarget.select()} />
      <Button size="compact-sm" variant="default" onClick={() => void copyText(value).then(setCopied)}>
        {t(copied ? 'desk.did.copied' : 'desk.act.copy')}
      </Button>
    </div>
  )
}
