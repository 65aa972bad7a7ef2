// One row of the list: who, where, how long, two lines of text, at most three marks at the end of the second.
// Always of one height, so that nothing moves when a text changes.
import IconArrowBackUp from '@tabler/icons-react/dist/esm/icons/IconArrowBackUp.mjs'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { ChannelGlyph } from '../../../components/channel-glyph'
import { Moment } from '../../../components/moment'
import { VisibilityMark } from '../../../components/visibility-mark'
import { WaitingTime } from '../../../components/waiting-time'
import type { Conversation } from '../../../lib/api/types'
import { formatShort } from '../../../lib/format/time'
import { useNow } from '../../../lib/format/use-now'
import classes from './conversation-row.module.css'
import { Highlighted } from './highlighted'

interface Props {
  conversation: Conversation
  href: string
  selected: boolean
  focusable: boolean
  left: boolean
  /** Whether the team is worth a mark: not where all rows are of one. */
  withTeam: boolean
  /** Whether the owner is: not in the list of one's own. */
  withOwner: boolean
  words: string
  onOpen: (id: string) => void
}

export const ROW_HEIGHT = 82

export function contactName(conversation: Conversation, unknown: string): string {
  return conversation.contact?.name ?? conversation.contact?.handle ?? unknown
}

export const ConversationRow = memo(function ConversationRow(props: Props) {
  const { conversation, href, selected, focusable, left, withTeam, withOwner, words, onOpen } = props
  const { t } = useTranslation()
  const { waiting_since: waiting, status } = conversation
  return (
    <a
      href={href}
      id={`row-${conversation.id}`}
      className={classes.row}
      aria-current={selected ? 'true' : undefined}
      data-unread={conversation.unread || undefined}
      data-left={left || undefined}
      tabIndex={focusable ? 0 : -1}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return
        event.preventDefault()
        onOpen(conversation.id)
      }}
    >
      <span className={classes.head}>
        <span className={classes.glyph}>
          <ChannelGlyph inbox={conversation.inbox} />
        </span>
        <span className={classes.name}>{contactName(conversation, t('desk.contact.unknown'))}</span>
        {conversation.voices > 2 && (
          <span className={classes.voices} title={t('desk.conversation.voices', { count: conversation.voices })}>
            +{conversation.voices - 1}
          </span>
        )}
        <span className={classes.visibility} data-visibility={conversation.visibility}>
          <VisibilityMark visibility={conversation.visibility} size={13} />
        </span>
        <span className={classes.time}>
          {waiting && status === 'open' ? <WaitingTime since={waiting} /> : <Moment at={conversation.last_message_at} />}
        </span>
      </span>
      <span className={classes.text}>
        <Marks conversation={conversation} left={left} withTeam={withTeam} withOwner={withOwner} />
        {conversation.preview_direction === 'out' && (
          <IconArrowBackUp size={13} stroke={2} role="img" aria-label={t('desk.message.ours')} className={classes.ours} />
        )}
        <Highlighted text={(conversation.match ?? conversation.preview) || t('desk.conversation.no_words')} words={words} />
      </span>
      {conversation.unread && <span className="seen-by-readers-only">{t('desk.conversation.unread')}</span>}
    </a>
  )
})

/** Short words keep their room; what is long gives way. */
const SHORT = 10

function Marks({ conversation, left, withTeam, withOwner }: Pick<Props, 'conversation' | 'left' | 'withTeam' | 'withOwner'>) {
  const { t, i18n } = useTranslation()
  const now = useNow()
  const { priority, status, kind, team, tags } = conversation
  const assignee = withOwner ? conversation.assignee : null
  const marks: { key: string; text: string; tone?: string; colour?: string | null }[] = []
  if (left || status !== 'open') marks.push({ key: 'status', text: t(`desk.status.${status}`), tone: 'status' })
  if (conversation.next_word_at) marks.push({ key: 'promise', text: t('desk.promise.short', { at: formatShort(i18n.language, conversation.next_word_at, now) }), tone: 'status' })
  if (priority === 'urgent' || priority === 'high') marks.push({ key: 'priority', text: t(`desk.priority.${priority}`), tone: priority })
  if (kind) marks.push({ key: 'kind', text: t(`desk.kind.${kind}`) })
  if (team && withTeam) marks.push({ key: 'team', text: team.name, tone: 'team' })
  for (const tag of tags) marks.push({ key: tag.id, text: tag.name, tone: 'tag', colour: tag.colour })
  if (marks.length === 0 && !assignee) return null
  return (
    <span className={classes.marks}>
      {marks.slice(0, assignee ? 2 : 3).map((mark) => (
        <span key={mark.key} className={classes.mark} data-tone={mark.tone} data-short={mark.text.length <= SHORT || undefined} style={mark.colour ? { '--dot': mark.colour } as object : undefined}>
          {mark.text}
        </span>
      ))}
      {assignee && <span className={classes.assignee}>{assignee.name}</span>}
    </span>
  )
}
