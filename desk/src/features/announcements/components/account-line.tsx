// One account: whether it goes there, what would stand there, how long the network counts it, and what it refuses.
import { Button, Checkbox, Textarea } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { ChannelGlyph } from '../../../components/channel-glyph'
import type { Uploading } from '../../../components/use-uploads'
import { formatNumber } from '../../../lib/format/number'
import type { DraftAnnouncement, Line } from '../hooks/use-draft-announcement'
import classes from './announcements.module.css'

interface Props { line: Line; draft: DraftAnnouncement; files: Uploading[]; refusal?: string }

export function AccountLine({ line, draft, files, refusal }: Props) {
  const { t } = useTranslation()
  const { account, chosen, own, text } = line
  const { inbox, capability } = account
  const going = files.filter((file) => !file.trouble)
  return (
    <li className={classes.account} data-chosen={chosen || undefined}>
      <div className={classes.account_head}>
        <Checkbox
          checked={chosen}
          disabled={!capability.send}
          onChange={(event) => draft.choose({ id: inbox.id, on: event.currentTarget.checked })}
          label={<span className={classes.account_name}><ChannelGlyph inbox={inbox} /> {inbox.name}</span>}
        />
        <LengthOf line={line} />
      </div>
      {!capability.send && capability.reason && <p className={classes.why}>{t(capability.reason, { defaultValue: t('desk.composer.no_reason') })}</p>}
      {chosen && refusal && <p className={classes.refusal} role="alert">{refusal}</p>}
      {chosen && own && (
        <Textarea
          autosize
          minRows={2}
          maxRows={10}
          aria-label={t('desk.announce.own_label', { name: inbox.name })}
          defaultValue={text}
          onChange={(event) => draft.setOwn({ id: inbox.id, words: event.currentTarget.value })}
        />
      )}
      {chosen && (own ? going.length > 0 : text !== '' || going.length > 0) && (
        <div className={classes.preview} data-over={line.fault === 'too_long' || undefined}>
          {!own && text}
          {going.length > 0 && (
            <ul className={classes.pictures} aria-label={t('desk.composer.files')}>
              {going.map((file) => <li key={file.key}>{file.picture ? <img src={file.picture} alt={file.alt || file.name} title={file.alt || file.name} /> : file.name}</li>)}
            </ul>
          )}
        </div>
      )}
      {chosen && (
        <Button size="compact-xs" variant="subtle" onClick={() => draft.setOwn({ id: inbox.id, words: own ? null : text })}>
          {t(own ? 'desk.announce.common' : 'desk.announce.own')}
        </Button>
      )}
    </li>
  )
}

function LengthOf({ line }: { line: Line }) {
  const { t, i18n } = useTranslation()
  if (!line.chosen) return null
  const { length, limit, over } = line.measured
  const number = (value: number) => formatNumber(i18n.language, value)
  if (over) {
    return <span className={classes.length} data-over role="alert">{t(over.of === 'bytes' ? 'desk.composer.over_bytes' : 'desk.composer.over', { count: over.count })}</span>
  }
  return limit === null ? null : <span className={classes.length}>{t('desk.composer.left', { length: number(length), limit: number(limit) })}</span>
}
