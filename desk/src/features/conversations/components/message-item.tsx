// One message: who, when, text, attachments, reactions, where it is seen, and how its delivery stands.
import IconArrowForwardUp from '@tabler/icons-react/dist/esm/icons/IconArrowForwardUp.mjs'
import IconCornerDownRight from '@tabler/icons-react/dist/esm/icons/IconCornerDownRight.mjs'
import IconEyeOff from '@tabler/icons-react/dist/esm/icons/IconEyeOff.mjs'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Figures } from '../../../components/figures'
import { LightButton } from '../../../components/icon-button'
import { Moment } from '../../../components/moment'
import { VisibilityMark } from '../../../components/visibility-mark'
import type { ConversationDetail, Message } from '../../../lib/api/types'
import { isBystander } from '../hooks/build-timeline'
import { askComposer } from '../hooks/composer-requests'
import { AttachmentList } from './attachment-list'
import { DeliveryLine } from './delivery-line'
import classes from './message-item.module.css'
import { MessageEdit } from './message-edit'
import { MessageMenu } from './message-menu'
import { Reactions } from './reactions'
import { Linked } from './linked'

interface Props {
  message: Message
  conversation: ConversationDetail
  parent?: Message
  /** Whether its subject says something that was not said above. */
  tellsTitle: boolean
  /** Among bystanders whose line above says already what they are. */
  inRun?: boolean
}

const DEEPEST = 4

export function authorName(message: Message, unknown: string): string {
  const { author, direction } = message
  if (direction === 'out') return author.agent_name ?? author.name ?? unknown
  return author.name ?? author.handle ?? unknown
}

export const MessageItem = memo(function MessageItem({ message, conversation, parent, tellsTitle, inRun = false }: Props) {
  const { t } = useTranslation()
  const [editing, setEditing] = useState(false)
  const ours = message.direction === 'out'
  const unknown = t(ours ? 'desk.message.ours' : 'desk.contact.unknown')
  const bystander = isBystander(message)
  const gone = message.deleted_at !== null
  const { visibility, author } = message
  return (
    <article
      id={`message-${message.id}`}
      tabIndex={-1}
      className={classes.message}
      data-visibility={visibility}
      data-ours={ours || undefined}
      data-bystander={bystander || undefined}
      data-hidden={(message.hidden_at && !gone) || undefined}
      style={{ marginLeft: `${Math.min(message.depth, DEEPEST) * 1.35}rem` }}
      aria-label={t(`desk.message.label.${visibility}`, { name: authorName(message, unknown) })}
    >
      {parent && (
        <a className={classes.parent} href={`#message-${parent.id}`} onClick={(event) => {
          event.preventDefault()
          document.getElementById(`message-${parent.id}`)?.scrollIntoView({ block: 'center' })
        }}>
          <IconCornerDownRight size={14} aria-hidden="true" />
          <span>
            {t('desk.message.answers', { name: authorName(parent, unknown) })} <i>{parent.body}</i>
          </span>
        </a>
      )}
      <header className={classes.head}>
        <strong>{authorName(message, unknown)}</strong>
        {author.handle && author.name && !ours && <span className={classes.handle}>{author.handle}</span>}
        {bystander && !inRun && <span className={classes.badge}>{t('desk.message.bystander')}</span>}
        <span className={classes.where}>
          <VisibilityMark visibility={visibility} word={visibility !== 'public' || ours} />
        </span>
        {message.hidden_at && !gone && (
          <span className={classes.hidden} title={t('desk.message.hidden_text', { name: message.inbox.name })}>
            <IconEyeOff size={14} stroke={1.8} aria-hidden="true" /> {t('desk.message.hidden')}
          </span>
        )}
        <Moment at={message.platform_at} className={classes.time} />
        <span className={classes.tools}>
          {!ours && !gone && visibility !== 'note' && (
            <LightButton
              label={t('desk.message.reply_to', { name: authorName(message, unknown) })}
              onClick={() => askComposer({ conversation_id: conversation.id, visibility, in_reply_to: message.id })}
            >
              <IconArrowForwardUp size={17} stroke={1.7} aria-hidden="true" style={{ transform: 'scaleX(-1)' }} />
            </LightButton>
          )}
          <MessageMenu message={message} conversation={conversation} onEdit={() => setEditing(true)} />
        </span>
      </header>
      {editing ? (
        <MessageEdit message={message} conversation={conversation} onDone={() => setEditing(false)} />
      ) : (
        <p className={classes.body} data-gone={gone || undefined}>
          {!gone && message.title && tellsTitle && <strong className={classes.title}>{message.title}</strong>}
          {gone ? t('desk.message.deleted') : <Linked text={message.body} />}
          {message.edited_at && !gone && <span className={classes.edited}> {t('desk.message.edited')}</span>}
          {message.found && !gone && <span className={classes.edited} title={t('desk.message.found_text')}> {t('desk.message.found')}</span>}
        </p>
      )}
      {!gone && message.attachments.length > 0 && <AttachmentList attachments={message.attachments} />}
      {!gone && <Figures figures={message.figures} />}
      <Reactions reactions={message.reactions} />
      {message.delivery && <DeliveryLine message={message} conversation={conversation} />}
    </article>
  )
})
