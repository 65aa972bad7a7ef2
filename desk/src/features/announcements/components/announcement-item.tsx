// Something we said: who wrote it and when, and on each account what stands there and how far it has come.
import { Button } from '@mantine/core'
import IconPaperclip from '@tabler/icons-react/dist/esm/icons/IconPaperclip.mjs'
import { useTranslation } from 'react-i18next'
import { ChannelGlyph } from '../../../components/channel-glyph'
import { Figures } from '../../../components/figures'
import { Moment } from '../../../components/moment'
import type { Announcement, Message } from '../../../lib/api/types'
import { formatMinute } from '../../../lib/format/time'
import { useDecide } from '../api/announce'
import classes from './announcements.module.css'

export function AnnouncementItem({ announcement }: { announcement: Announcement }) {
  const { t } = useTranslation()
  const decide = useDecide()
  const { accounts, author, brand } = announcement
  const first = accounts.find(({ message }) => message.body !== '')?.message.body ?? ''
  const gone = accounts.every(({ message }) => message.deleted_at !== null)
  const files = accounts.find(({ message }) => message.attachments.length > 0)?.message.attachments ?? []
  const queued = accounts.filter(({ message }) => message.delivery?.state === 'queued').map(({ message }) => message)
  return (
    <li className={classes.item}>
      <p className={classes.item_head}>
        <strong>{brand.name}</strong>
        {author && <span>{author.name}</span>}
        <Moment at={announcement.created_at} />
        {queued.length > 1 && (
          <Button size="compact-xs" variant="default" onClick={() => void decide(queued, 'cancel')}>{t('desk.announce.cancel_all')}</Button>
        )}
      </p>
      {(gone || first !== '') && <p className={classes.words}>{gone ? t('desk.announce.taken_back') : first}</p>}
      {files.length > 0 && (
        <p className={classes.files} title={files.map((file) => file.alt || file.name).join('\n')}>
          <IconPaperclip size={15} stroke={1.7} aria-hidden="true" /> {t('desk.announce.with_files', { count: files.length })}
        </p>
      )}
      <ul className={classes.placed}>
        {accounts.map(({ message, conversations }) => (
          <li key={message.id}>
            <span className={classes.account_name}><ChannelGlyph inbox={message.inbox} /> {message.inbox.name}</span>
            <State message={message} />
            {message.url && <a href={message.url} target="_blank" rel="noreferrer">{t('desk.announce.look')}</a>}
            {conversations > 0 && <span className={classes.below}>{t('desk.announce.below', { count: conversations })}</span>}
            {!message.deleted_at && <Figures figures={message.figures} />}
            {message.body !== first && message.body !== '' && <p className={classes.preview}>{message.body}</p>}
          </li>
        ))}
      </ul>
    </li>
  )
}

function State({ message }: { message: Message }) {
  const { t, i18n } = useTranslation()
  const decide = useDecide()
  const { delivery } = message
  if (!delivery) return null
  const { state, reason } = delivery
  const why = reason ? t(`desk.delivery.reason.${reason.class}`, { defaultValue: reason.class }) : ''
  const waits = state === 'queued' && delivery.next_attempt_at
  const words = message.deleted_at
    ? t('desk.announce.taken_back')
    : waits
      ? [why, t('desk.delivery.at', { at: formatMinute(i18n.language, waits) })].filter(Boolean).join(' ')
      : [t(`desk.delivery.${state}`), why].filter(Boolean).join(' ')
  const act = (verb: 'retry' | 'check' | 'cancel', label: string) => (
    <Button size="compact-xs" variant="default" onClick={() => void decide([message], verb)}>{t(label)}</Button>
  )
  return (
    <>
      <span className={classes.state} data-state={state} title={reason?.detail ?? undefined}>{words}</span>
      {state === 'queued' && act('cancel', 'desk.act.undo')}
      {state === 'failed' && act('retry', 'desk.delivery.retry')}
      {state === 'uncertain' && delivery.can_check && act('check', 'desk.delivery.check')}
      {state === 'uncertain' && act('retry', 'desk.delivery.send_again')}
    </>
  )
}
