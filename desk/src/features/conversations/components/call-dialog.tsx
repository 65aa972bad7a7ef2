// Writes down what was said on the phone: who called, what about, what was answered, when we call back.
import { Button, Modal, Select, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import { newIdempotencyKey, Problem } from '../../../lib/api/client'
import type { Conversation } from '../../../lib/api/types'
import { say } from '../../../lib/toast'
import { useCallInboxes, useNoteCall } from '../api/note-call'
import classes from './dialogs.module.css'

interface Props {
  /** The matter that it is about; without one the number finds it. */
  conversation?: Conversation
  onClose: () => void
  onOpen: (id: string) => void
}

const EMPTY = { number: '', name: '', said: '', answered: '', call_back_at: '' }

export function CallDialog({ conversation, onClose, onOpen }: Props) {
  const { t, i18n } = useTranslation()
  const inboxes = useCallInboxes(conversation?.brand.id)
  const note = useNoteCall()
  const describe = useProblemText()
  const [values, setValues] = useState({ ...EMPTY, name: conversation?.contact?.name ?? '' })
  const [chosen, setChosen] = useState<string | null>(null)
  const [idempotencyKey, setKey] = useState(newIdempotencyKey)
  const inbox = inboxes.find((item) => item.id === chosen) ?? inboxes[0]
  const set = (name: keyof typeof EMPTY) => (event: { currentTarget: { value: string } }) => {
    const { value } = event.currentTarget
    setValues((known) => ({ ...known, [name]: value }))
    // Other words are another note.
    setKey(newIdempotencyKey())
    note.reset()
  }
  const problem = note.error instanceof Problem ? note.error : null
  const faults = problem?.document.errors ?? []
  const fault = (name: string) => {
    const code = faults.find((item) => item.field === name)?.code
    return code && (i18n.exists(`desk.field_problem.${code}`) ? t(`desk.field_problem.${code}`) : code)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!inbox || note.isPending) return
    const { call_back_at, ...words } = values
    const given = Object.fromEntries(Object.entries(words).filter(([, value]) => value.trim()))
    const body = {
      ...given,
      said: values.said,
      ...(conversation ? { conversation: conversation.id } : {}),
      ...(call_back_at ? { call_back_at: new Date(call_back_at).toISOString() } : {}),
    }
    note.mutate({ inbox: inbox.id, body, idempotencyKey }, {
      onSuccess: (placed) => {
        onClose()
        say(t('desk.call.kept'))
        onOpen(placed.id)
      },
    })
  }
  return (
    <Modal opened onClose={onClose} title={t('desk.call.title')} size="md" closeButtonProps={{ 'aria-label': t('desk.act.close') }}>
      {inbox ? (
        <form className={classes.call} onSubmit={submit} aria-label={t('desk.call.title')}>
          {inboxes.length > 1 && (
            <Select
              label={t('desk.call.inbox')}
              allowDeselect={false}
              data={inboxes.map((item) => ({ value: item.id, label: item.name }))}
              value={inbox.id}
              onChange={setChosen}
            />
          )}
          <TextInput label={t('desk.call.name')} value={values.name} onChange={set('name')} error={fault('name')} data-autofocus={!conversation || undefined} />
          <TextInput type="tel" label={t('desk.call.number')} description={t('desk.call.number_hint')} value={values.number} onChange={set('number')} error={fault('number')} />
          <Textarea label={t('desk.call.said')} required autosize minRows={3} maxRows={10} value={values.said} onChange={set('said')} error={fault('said')} data-autofocus={conversation ? true : undefined} />
          <Textarea label={t('desk.call.answered')} description={t('desk.call.answered_hint')} autosize minRows={2} maxRows={8} value={values.answered} onChange={set('answered')} error={fault('answered')} />
          <TextInput type="datetime-local" label={t('desk.call.call_back_at')} description={t('desk.call.call_back_hint')} value={values.call_back_at} onChange={set('call_back_at')} error={fault('call_back_at')} />
          {note.isError && faults.length === 0 && <p className={classes.fault} role="alert">{describe(note.error)}</p>}
          <Button type="submit" disabled={!values.said.trim()} loading={note.isPending}>{t('desk.call.keep')}</Button>
        </form>
      ) : (
        <p>{t('desk.call.none')}</p>
      )}
    </Modal>
  )
}
