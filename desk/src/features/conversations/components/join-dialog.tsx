// Finds the conversation that this one belongs to and joins it; undoable.
import { Modal } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import type { Conversation, Page } from '../../../lib/api/types'
import { useActions } from '../hooks/use-actions'
import { contactName } from './conversation-row'
import classes from './dialogs.module.css'

interface Props { conversation: Conversation; onClose: () => void; onOpen: (id: string) => void }

export function JoinDialog({ conversation, onClose, onOpen }: Props) {
  const { t } = useTranslation()
  const { join } = useActions()
  const [words, setWords] = useState(conversation.contact?.name ?? '')
  const found = useQuery({
    queryKey: keys.search(`join ${words}`),
    queryFn: ({ signal }) => call<Page<Conversation>>('GET', '/conversations', { signal, query: { q: words, limit: 12 } }),
    placeholderData: keepPreviousData,
  })
  const rows = (found.data?.items ?? []).filter((item) => item.id !== conversation.id)
  return (
    <Modal opened onClose={onClose} title={t('desk.join.title')} size="md" closeButtonProps={{ 'aria-label': t('desk.act.close') }}>
      <p className={classes.text}>{t('desk.join.text')}</p>
      <input className={classes.field} data-autofocus value={words} onFocus={(event) => event.currentTarget.select()} onChange={(event) => setWords(event.currentTarget.value)} aria-label={t('desk.join.search')} placeholder={t('desk.join.search')} />
      <ul className={classes.results}>
        {rows.map((item) => (
          <li key={item.id}>
            <button
              type="button"
              className={classes.result}
              onClick={() => {
                onClose()
                void join(conversation, item).then((done) => done && onOpen(item.id))
              }}
            >
              <strong>{item.subject || contactName(item, t('desk.contact.unknown'))}</strong>
              <span>{item.preview}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.isSuccess && rows.length === 0 && <p className={classes.text}>{t('desk.join.nothing')}</p>}
    </Modal>
  )
}
