// Writes a text for several accounts: brand, words, accounts with their own length and preview, and the time.
import { Button, Checkbox, Select, Textarea, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import { Problem } from '../../../lib/api/client'
import type { AnnouncingAccount } from '../../../lib/api/types'
import { say } from '../../../lib/toast'
import { UNDO_SECONDS, useAnnounce, useDecide } from '../api/announce'
import { useDraftAnnouncement } from '../hooks/use-draft-announcement'
import { AccountLine } from './account-line'
import classes from './announcements.module.css'

export function AnnouncementForm({ accounts }: { accounts: AnnouncingAccount[] }) {
  const { t } = useTranslation()
  const draft = useDraftAnnouncement(accounts)
  const announce = useAnnounce()
  const decide = useDecide()
  const describe = useRefusalText(accounts)
  const { taken, lines } = draft
  const open = lines.filter((line) => line.account.capability.send)
  const send = () =>
    announce.mutate(
      { body: draft.body(), idempotencyKey: draft.idempotencyKey },
      {
        onSuccess: ({ accounts: placed }) => {
          const messages = placed.map((one) => one.message)
          draft.clear()
          say(t('desk.announce.queued', { count: messages.length }), { seconds: UNDO_SECONDS, undo: () => decide(messages, 'cancel') })
        },
      },
    )
  return (
    <form
      className={classes.form}
      aria-label={t('desk.announce.new')}
      onSubmit={(event) => {
        event.preventDefault()
        if (draft.ready && !announce.isPending) send()
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
      <Textarea
        label={t('desk.announce.text')}
        autosize
        minRows={3}
        maxRows={14}
        value={draft.text}
        onChange={(event) => draft.setText(event.currentTarget.value)}
      />
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
        <ul>{lines.map((line) => <AccountLine key={line.account.inbox.id} line={line} draft={draft} />)}</ul>
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
      {announce.isError && <p role="alert" className={classes.fault}>{describe(announce.error)}</p>}
      <Button type="submit" className={classes.send} disabled={!draft.ready} loading={announce.isPending}>
        {t(draft.at ? 'desk.announce.plan' : 'desk.announce.send', { count: taken.length })}
      </Button>
    </form>
  )
}

/** Names the accounts that refused, each with its reason; nothing was sent to the others either. */
function useRefusalText(accounts: AnnouncingAccount[]) {
  const { t, i18n } = useTranslation()
  const describe = useProblemText()
  return (error: unknown): string => {
    const faults = error instanceof Problem ? (error.document.errors ?? []) : []
    const named = faults.flatMap(({ field, code }) => {
      const account = accounts.find(({ inbox }) => field === `inboxes.${inbox.id}`)
      const why = `desk.problem.${code}`
      return account ? [`${account.inbox.name}: ${i18n.exists(why) ? t(why) : t('desk.problem.validation_failed')}`] : []
    })
    return named.length > 0 ? `${t('desk.announce.refused')} ${named.join(' ')}` : describe(error)
  }
}
