// What the conversation is and whose: title, status, owner, waiting time, who is here, and what can be done.
import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import IconEye from '@tabler/icons-react/dist/esm/icons/IconEye.mjs'
import IconPencil from '@tabler/icons-react/dist/esm/icons/IconPencil.mjs'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ChannelGlyph } from '../../../components/channel-glyph'
import { KeyHint } from '../../../components/key-hint'
import { VisibilityMark } from '../../../components/visibility-mark'
import { WaitingTime } from '../../../components/waiting-time'
import { keys } from '../../../lib/api/keys'
import { useAgent } from '../../../lib/api/session'
import type { ConversationDetail, Message, PresentAgent } from '../../../lib/api/types'
import { formatShort } from '../../../lib/format/time'
import { useNow } from '../../../lib/format/use-now'
import { runShortcut } from '../../../lib/shortcuts/use-shortcut'
import { useActions } from '../hooks/use-actions'
import { ActionBar } from './action-bar'
import { contactName } from './conversation-row'
import classes from './conversation-header.module.css'

/** From so many messages on one needs a way from question to question. */
const MANY = 12

interface Props {
  conversation: ConversationDetail
  messages: Message[]
  /** How many messages still want an answer. */
  questions: number
  lead?: ReactNode
  tail?: ReactNode
  hrefFor: (id: string) => string
  onOpen: (id: string) => void
}

export function ConversationHeader({ conversation, messages, questions, lead, tail, hrefFor, onOpen }: Props) {
  const { t } = useTranslation()
  const { status, waiting_since: waiting, joined_into: into } = conversation
  return (
    <header className={classes.header}>
      <div className={classes.first}>
        {lead}
        <Title conversation={conversation} />
        <Here conversationId={conversation.id} />
        {tail}
      </div>
      <div className={classes.facts}>
        <span className={classes.fact}>
          <ChannelGlyph inbox={conversation.inbox} size={15} /> {conversation.inbox.name}
        </span>
        <span className={classes.visibility} data-visibility={conversation.visibility}>
          <VisibilityMark visibility={conversation.visibility} word />
        </span>
        {waiting && status === 'open' && <WaitingTime since={waiting} prefix />}
        {conversation.next_word_at && <NextWord at={conversation.next_word_at} />}
        {questions > 0 && conversation.message_count > MANY && (
          <button type="button" className={classes.asking} title={t('desk.keys.next_question')} onClick={() => runShortcut('next_question', new KeyboardEvent('keydown'))}>
            {t('desk.conversation.asking', { count: questions })} <KeyHint id="next_question" />
          </button>
        )}
      </div>
      <ActionBar conversation={conversation} messages={messages} onOpen={onOpen} />
      {into && (
        <p className={classes.joined}>
          {t('desk.conversation.joined_into')}{' '}
          <a href={hrefFor(into)} onClick={(event) => { event.preventDefault(); onOpen(into) }}>
            {t('desk.conversation.show_it')}
          </a>
        </p>
      )}
    </header>
  )
}

/** What a holding reply promised, and whether it is late. */
function NextWord({ at }: { at: string }) {
  const { t, i18n } = useTranslation()
  const now = useNow()
  const late = Date.parse(at) < now
  return <span className={classes.fact} data-late={late || undefined}>{t(late ? 'desk.promise.late' : 'desk.promise.until', { at: formatShort(i18n.language, at, now) })}</span>
}

function Title({ conversation }: { conversation: ConversationDetail }) {
  const { t } = useTranslation()
  const { setSubject } = useActions()
  const [editing, setEditing] = useState<string | null>(null)
  const title = conversation.subject || contactName(conversation, t('desk.contact.unknown'))
  if (editing === null) {
    return (
      <h1 className={classes.title}>
        <button type="button" onClick={() => setEditing(conversation.subject ?? '')} title={t('desk.conversation.rename')}>
          {title}
        </button>
      </h1>
    )
  }
  const keep = () => {
    if (editing.trim() && editing !== conversation.subject) void setSubject(conversation, editing.trim())
    setEditing(null)
  }
  return (
    <TextInput
      className={classes.rename}
      size="sm"
      autoFocus
      aria-label={t('desk.conversation.subject')}
      value={editing}
      onChange={(event) => setEditing(event.currentTarget.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === 'Enter') keep()
        if (event.key === 'Escape') setEditing(null)
      }}
    />
  )
}

/** Colleagues who have this conversation open now, readers and writers apart by sign and word. */
function Here({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation()
  const me = useAgent()
  const present = useQuery<PresentAgent[]>({
    queryKey: keys.presence(conversationId),
    queryFn: () => [],
    enabled: false,
    initialData: [],
  }).data
  const others = present.filter((agent) => agent.id !== me.id && (agent.activity === 'reading' || agent.activity === 'writing'))
  const writers = others.filter((agent) => agent.activity === 'writing')
  const readers = others.filter((agent) => agent.activity === 'reading')
  const names = (list: PresentAgent[]) => list.map((agent) => agent.name).join(', ')
  return (
    <span className={classes.here} role="status">
      {writers.length > 0 && (
        <span className={classes.writing}>
          <IconPencil size={14} aria-hidden="true" /> <b>{t('desk.presence.writing', { count: writers.length, names: names(writers) })}</b>
        </span>
      )}
      {readers.length > 0 && (
        <span>
          <IconEye size={14} aria-hidden="true" /> <b>{t('desk.presence.reading', { count: readers.length, names: names(readers) })}</b>
        </span>
      )}
    </span>
  )
}
