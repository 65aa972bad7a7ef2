// Writes a text for several accounts: brand, words, files, accounts with their own length and preview, and the time.
import { Button, Checkbox, Select, Textarea, TextInput } from '@mantine/core'
import type { KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { AttachButton } from '../../../components/attach-button'
import { UploadStrip } from '../../../components/upload-strip'
import { useFileDrop } from '../../../components/use-file-drop'
import { useProblemText } from '../../../components/use-problem-text'
import { useUploads } from '../../../components/use-uploads'
import type { AnnouncingAccount } from '../../../lib/api/types'
import { isApple } from '../../../lib/shortcuts/keymap'
import { say } from '../../../lib/toast'
import { UNDO_SECONDS, useAnnounce, useDecide } from '../api/announce'
import { useDraftAnnouncement } from '../hooks/use-draft-announcement'
import { useRefusals } from '../hooks/use-refusals'
import { AccountLine } from './account-line'
import classes from './announcements.module.css'

export function AnnouncementForm({ accounts }: { accounts: AnnouncingAccount[] }) {
  const { t } = useTranslation()
  const uploads = useUploads()
  const { dragging, place } = useFileDrop(uploads.add)
  const draft = useDraftAnnouncement(accounts, uploads.ids)
  const announce = useAnnounce()
  const decide = useDecide()
  const failure = announce.isError && announce.variables.idempotencyKey === draft.idempotencyKey ? announce.error : null
  const refusals = useRefusals(draft, failure)
  const { taken, lines } = draft
  const open = lines.filter((line) => line.account.capability.send)
  const ready = draft.ready && refusals.size === 0 && !uploads.busy && !announce.isPending
  const send = () =>
    announce.mutate(
      { body: draft.body, idempotencyKey: draft.idempotencyKey, keepWords: uploads.keepWords },
      {
        onSuccess: ({ accounts: placed }) => {
          const messages = placed.map((one) => one.message)
          draft.clear()
          uploads.clear()
          say(t('desk.announce.queued', { count: messages.length }), { seconds: UNDO_SECONDS, undo: () => decide(messages, 'cancel') })
        },
      },
    )
  const onKeyDown = (event: KeyboardEvent) => {
    const mod = isApple ? event.metaKey : event.ctrlKey
    if (event.key !== 'Enter' || !mod || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (ready) send()
  }
  return (
    <form
      className={classes.form}
      data-dragging={dragging || undefined}
      aria-label={t('desk.announce.new')}
      {...place}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault()
        if (ready) send()
      }}
    >
      {draft.brands.length > 1 && (
        <Select
          label={t('desk.filter.brand')}
          allowDeselect={false}
          data={draft.brands.map((brand) => ({ value: brand.id, label: brand.name }))}
          value={draft.brand?.id ?? null}
          onChange={(id) => id && draft.setBrand(id)}
        />
      )}
      <div>
        <Textarea
          label={t('desk.announce.text')}
          autosize
          minRows={3}
          maxRows={14}
          value={draft.text}
          onChange={(event) => draft.setText(event.currentTarget.value)}
        />
        <div className={classes.attach}>
          <AttachButton onFiles={uploads.add} />
          <span>{t('desk.announce.attach')}</span>
        </div>
        <UploadStrip uploads={uploads} />
      </div>
      <fieldset className={classes.accounts}>
        <legend>{t('desk.announce.accounts')}</legend>
        {open.length > 1 && (
          <Checkbox
            label={t('desk.announce.all')}
            checked={taken.length === open.length}
            indeterminate={taken.length > 0 && taken.length < open.length}
            onChange={(event) => draft.chooseAll(event.currentTarget.checked)}
          />
        )}
        <ul>
          {lines.map((line) => (
            <AccountLine key={line.account.inbox.id} line={line} draft={draft} files={uploads.files} refusal={refusals.get(line.account.inbox.id)} />
          ))}
        </ul>
      </fieldset>
      <TextInput
        type="datetime-local"
        className={classes.time}
        label={t('desk.announce.at')}
        description={t('desk.announce.at_text')}
        value={draft.at}
        error={draft.late ? t('desk.announce.late') : undefined}
        onChange={(event) => draft.setAt(event.currentTarget.value)}
      />
      {failure !== null && <Failure failure={failure} names={lines.filter((line) => refusals.has(line.account.inbox.id)).map((line) => line.account.inbox.name)} />}
      <Button type="submit" className={classes.send} disabled={!ready && !announce.isPending} loading={announce.isPending} aria-keyshortcuts="Control+Enter">
        {t(draft.at ? 'desk.announce.plan' : 'desk.announce.send', { count: taken.length })}
      </Button>
    </form>
  )
}

/** Says that nothing went out, and beside which accounts the reason stands. */
function Failure({ failure, names }: { failure: unknown; names: string[] }) {
  const { t } = useTranslation()
  const describe = useProblemText()
  return (
    <p role="alert" className={classes.fault}>
      {t('desk.announce.refused')} {names.length > 0 ? t('desk.announce.refused_by', { names: names.join(', ') }) : describe(failure)}
    </p>
  )
}
