// Changes a message that is out, where the network can do it.
import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ConversationDetail, Message } from '../../../lib/api/types'
import { useChangeMessage } from '../api/change-message'
import classes from './message-parts.module.css'

interface Props { message: Message; conversation: ConversationDetail; onDone: () => void }

export function MessageEdit({ message, conversation, onDone }: Props) {
  const { t } = useTranslation()
  const change = useChangeMessage()
  const [body, setBody] = useState(message.body)
  const [busy, setBusy] = useState(false)
  const keep = async () => {
    setBusy(true)
    const done = await change(conversation.id, message.id, { verb: 'edit', body: { body } })
    setBusy(false)
    if (done) onDone()
  }
  return (
    <div className={classes.edit}>
      <Textarea autosize autoFocus minRows={2} aria-label={t('desk.message.edit')} value={body} onChange={(event) => setBody(event.currentTarget.value)} />
      <div className={classes.edit_foot}>
        <Button size="xs" variant="default" onClick={onDone}>{t('desk.act.cancel')}</Button>
        <Button size="xs" loading={busy} disabled={!body.trim()} onClick={() => void keep()}>{t('desk.act.save')}</Button>
      </div>
    </div>
  )
}
