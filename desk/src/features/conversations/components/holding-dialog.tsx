// A holding reply to all selected conversations: variants, the next word's time, the pace, a preview, and who gets none.
import { Button, CloseButton, Modal, Select, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import type { Conversation, HoldingReplies } from '../../../lib/api/types'
import { say } from '../../../lib/toast'
import { useCallBackHolding, useHold } from '../api/hold'
import { useHoldingDraft } from '../hooks/use-holding-draft'
import { contactName } from './conversation-row'
import classes from './holding.module.css'

const PACES = ['0', '15', '30', '60', '120']
const SHOWN = 3
const UNDO_SECONDS = 10

interface Props { ids: string[]; known: Conversation[]; onClose: () => void; onSent: () => void }

export function HoldingDialog({ ids, known, onClose, onSent }: Props) {
  const { t } = useTranslation()
  const describe = useProblemText()
  const draft = useHoldingDraft(ids)
  const hold = useHold()
  const callBack = useCallBackHolding()
  const [refused, setRefused] = useState<HoldingReplies['refused']>([])
  const name = (id: string) => {
    const conversation = known.find((one) => one.id === id)
    return conversation ? contactName(conversation, t('desk.contact.unknown')) : t('desk.contact.unknown')
  }
  const send = () =>
    hold.mutate(
      { body: draft.body(), idempotencyKey: draft.idempotencyKey },
      {
        onSuccess: (answer) => {
          onSent()
          if (answer.queued.length > 0) {
            say(t('desk.hold.queued', { count: answer.queued.length }), {
              seconds: UNDO_SECONDS,
              undo: async () => {
                const count = await callBack(answer.queued.map((one) => one.message_id))
                if (count > 0) say(t('desk.hold.called_back', { count }))
              },
            })
          }
          if (answer.refused.length === 0) onClose()
          else setRefused(answer.refused)
        },
      },
    )
  return (
    <Modal opened onClose={onClose} title={t('desk.hold.title', { count: ids.length })} size="lg" closeButtonProps={{ 'aria-label': t('desk.act.close') }}>
      {refused.length > 0 ? (
        <div role="alert">
          <p className={classes.text}>{t('desk.hold.refused', { count: refused.length })}</p>
          <ul className={classes.refused}>
            {refused.map(({ conversation_id: id, refusal }) => (
              <li key={id}><strong>{name(id)}</strong> {t(`desk.problem.${refusal.code}`, { ...refusal.facts, defaultValue: refusal.code })}</li>
            ))}
          </ul>
          <Button onClick={onClose}>{t('desk.act.close')}</Button>
        </div>
      ) : (
        <form
          className={classes.form}
          onSubmit={(event) => {
            event.preventDefault()
            if (draft.ready && !hold.isPending) send()
          }}
        >
          <p className={classes.text}>{t('desk.hold.text')}</p>
          {draft.texts.map((text, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- variants have no name but their place
            <div key={index} className={classes.variant}>
              <Textarea
                autosize
                minRows={2}
                label={t('desk.hold.variant', { number: index + 1 })}
                data-autofocus={index === 0 || undefined}
                value={text}
                onChange={(event) => draft.setText(index, event.currentTarget.value)}
              />
              {draft.texts.length > 2 && <CloseButton size="sm" aria-label={t('desk.hold.remove', { number: index + 1 })} onClick={() => draft.remove(index)} />}
            </div>
          ))}
          {!draft.full && <Button className={classes.add} size="compact-sm" variant="default" onClick={draft.add}>{t('desk.hold.add')}</Button>}
          {draft.faults.unnamed && <p className={classes.fault} role="alert">{t('desk.hold.unnamed')}</p>}
          {draft.faults.few && <p className={classes.fault} role="alert">{t('desk.hold.few')}</p>}
          <div className={classes.times}>
            <TextInput
              type="datetime-local"
              label={t('desk.hold.next_word')}
              value={draft.at}
              error={draft.faults.early ? t('desk.hold.early') : undefined}
              onChange={(event) => draft.setAt(event.currentTarget.value)}
            />
            <Select
              label={t('desk.hold.pace')}
              allowDeselect={false}
              data={PACES.map((minutes) => ({ value: minutes, label: minutes === '0' ? t('desk.hold.at_once') : t('desk.hold.over', { count: Number(minutes) }) }))}
              value={draft.minutes}
              onChange={(minutes) => minutes && draft.setMinutes(minutes)}
            />
          </div>
          <ul className={classes.preview} aria-label={t('desk.hold.preview')}>
            {ids.slice(0, SHOWN).map((id, index) => (
              <li key={id}><strong>{name(id)}</strong> {draft.filled(draft.texts[index % draft.texts.length] ?? '')}</li>
            ))}
            {ids.length > SHOWN && <li className={classes.more}>{t('desk.hold.more', { count: ids.length - SHOWN })}</li>}
          </ul>
          {hold.isError && <p className={classes.fault} role="alert">{describe(hold.error)}</p>}
          <Button type="submit" className={classes.add} disabled={!draft.ready} loading={hold.isPending}>{t('desk.hold.send', { count: ids.length })}</Button>
        </form>
      )}
    </Modal>
  )
}
