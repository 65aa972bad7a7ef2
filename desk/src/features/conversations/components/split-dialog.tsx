// Takes chosen messages out into a conversation of their own; undone by joining it back.
import { Button, Checkbox, Group, Modal } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation, Message } from '../../../lib/api/types'
import { say } from '../../../lib/toast'
import { useActions } from '../hooks/use-actions'
import classes from './dialogs.module.css'
import { authorName } from './message-item'

interface Props { conversation: Conversation; messages: Message[]; onClose: () => void; onOpen: (id: string) => void }

export function SplitDialog({ conversation, messages, onClose, onOpen }: Props) {
  const { t } = useTranslation()
  const { split, join } = useActions()
  const [chosen, setChosen] = useState<string[]>([])
  const run = async () => {
    onClose()
    const made = await split(conversation, chosen)
    if (!made) return
    say(t('desk.did.split'), { undo: () => void join(made, conversation).then((back) => back && onOpen(conversation.id)) })
    onOpen(made.id)
  }
  return (
    <Modal opened onClose={onClose} title={t('desk.split.title')} size="lg" closeButtonProps={{ 'aria-label': t('desk.act.close') }}>
      <p className={classes.text}>{t('desk.split.text')}</p>
      <div className={classes.results}>
        {messages.toReversed().map((message) => (
          <Checkbox
            key={message.id}
            className={classes.check}
            checked={chosen.includes(message.id)}
            onChange={(event) =>
              setChosen(event.currentTarget.checked ? [...chosen, message.id] : chosen.filter((id) => id !== message.id))
            }
            label={
              <>
                <strong>{authorName(message, t('desk.contact.unknown'))}</strong>{' '}
                {message.body.slice(0, 160)}
              </>
            }
          />
        ))}
      </div>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>{t('desk.act.cancel')}</Button>
        <Button disabled={chosen.length === 0 || chosen.length === messages.length} onClick={() => void run()}>
          {chosen.length === 0 ? t('desk.split.title') : t('desk.split.act', { count: chosen.length })}
        </Button>
      </Group>
    </Modal>
  )
}
