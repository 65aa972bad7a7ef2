// Asks before what cannot be undone; where a word must be typed, it must be typed.
import { Button, Group, Modal, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

interface Props {
  title: string
  text: string
  act: string
  typed?: string
  onConfirm: () => Promise<unknown> | void
  onClose: () => void
}

export function Confirm({ title, text, act, typed, onConfirm, onClose }: Props) {
  const { t } = useTranslation()
  const [word, setWord] = useState('')
  const [busy, setBusy] = useState(false)
  const run = async () => {
    setBusy(true)
    await onConfirm()
    onClose()
  }
  return (
    <Modal opened onClose={onClose} title={title} size="md" closeButtonProps={{ 'aria-label': t('desk.act.close') }}>
      <p style={{ marginTop: 0 }}>{text}</p>
      {typed && (
        <TextInput data-autofocus label={t('desk.confirm.type', { word: typed })} value={word} onChange={(event) => setWord(event.currentTarget.value)} />
      )}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>{t('desk.act.cancel')}</Button>
        <Button color="danger" loading={busy} disabled={typed !== undefined && word.trim() !== typed} onClick={() => void run()}>
          {act}
        </Button>
      </Group>
    </Modal>
  )
}
