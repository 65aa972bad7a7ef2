// The timeline: days, messages, folded bystanders, thin event lines; oldest first, opened where reading goes on.
import { Button } from '@mantine/core'
import IconArrowDown from '@tabler/icons-react/dist/esm/icons/IconArrowDown.mjs'
import { type ReactNode, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Bone, Delayed } from '../../../components/delayed'
import type { ConversationDetail, Message } from '../../../lib/api/types'
import { formatDay } from '../../../lib/format/time'
import { type Entry, findTitled, isBystander } from '../hooks/build-timeline'
import { useEarlier } from '../hooks/use-earlier'
import { useNextQuestion } from '../hooks/use-next-question'
import { useRuns } from '../hooks/use-runs'
import { useScrollPlace } from '../hooks/use-scroll-place'
import { BystanderRun } from './bystander-run'
import { EventLines } from './event-lines'
import { MessageItem } from './message-item'
import classes from './timeline.module.css'

interface Props {
  conversation: ConversationDetail
  entries: Entry[]
  messages: Message[]
  /** Ids of the messages that still want an answer, oldest first. */
  questions: string[]
  ready: boolean
  firstUnreadId: string | null
  hasEarlier: boolean
  onEarlier: () => Promise<unknown>
  top: ReactNode
  onOpen: (id: string) => void
}

export function Timeline(props: Props) {
  const { entries, messages, questions, ready, firstUnreadId, hasEarlier, onEarlier, top } = props
  const { t, i18n } = useTranslation()
  const { scroll, onScroll, behind, toEnd, moving } = useScrollPlace(messages, ready, firstUnreadId)
  const runs = useRuns()
  const conversation = useStill(props.conversation)
  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages])
  const titled = useMemo(() => findTitled(messages, conversation.subject), [messages, conversation.subject])
  const asking = useMemo(() => new Set(questions), [questions])
  const earlier = useEarlier(scroll, ready && hasEarlier, onEarlier)
  useNextQuestion(scroll, entries, questions, runs.show, moving)
  const item = (message: Message, previousId: string | undefined, inRun = false) => (
    <MessageItem
      key={message.id}
      message={message}
      conversation={conversation}
      tellsTitle={titled.has(message.id)}
      inRun={inRun}
      parent={message.in_reply_to && message.in_reply_to !== previousId ? quoted(message, byId.get(message.in_reply_to)) : undefined}
    />
  )
  const inRun = (message: Message, previousId: string | undefined) => item(message, previousId, true)
  return (
    <div className={classes.frame}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolled region must be reachable by keyboard */}
      <div className={classes.scroll} ref={scroll} onScroll={onScroll} role="region" aria-label={t('desk.conversation.timeline')} tabIndex={0}>
        <div className={classes.column}>
          {top}
          {hasEarlier && (
            <Button
              variant="default"
              size="compact-sm"
              className={classes.earlier}
              loading={earlier.loading}
              onClick={earlier.load}
            >
              {t('desk.conversation.earlier')}
            </Button>
          )}
          {!ready && (
            <Delayed>
              <div className={classes.bones}>
                <Bone width="30%" />
                <Bone width="90%" />
                <Bone width="60%" />
              </div>
            </Delayed>
          )}
          {entries.map((entry, index) => {
            const before = entries[index - 1]
            const previousId = before?.type === 'message' ? before.message.id : undefined
            switch (entry.type) {
              case 'day':
                return <div key={entry.key} className={classes.day}><span>{formatDay(i18n.language, entry.at)}</span></div>
              case 'unread':
                return <div key={entry.key} id="first-unread" className={classes.unread}><span>{t('desk.conversation.new_from_here')}</span></div>
              case 'events':
                return <EventLines key={entry.key} events={entry.events} />
              case 'bystanders':
                return <BystanderRun key={entry.key} messages={entry.messages} asking={asking} shown={runs.shown(entry.messages)} onShow={(at) => runs.show(entry.messages, at)} render={inRun} />
              case 'message':
                return item(entry.message, previousId)
            }
          })}
        </div>
      </div>
      {behind > 0 && (
        <Button className={classes.behind} size="compact-sm" radius="xl" leftSection={<IconArrowDown size={14} aria-hidden="true" />} onClick={toEnd}>
          {t('desk.conversation.new_below', { count: behind })}
        </Button>
      )}
    </div>
  )
}

/** Under one comment everybody answers that comment: only an answer to somebody else says whom it answers. */
function quoted(message: Message, parent: Message | undefined): Message | undefined {
  return parent && isBystander(message) && parent.depth === 0 ? undefined : parent
}

/** The conversation as far as its messages need it, so that a change of owner or counters draws none of them anew. */
function useStill(conversation: ConversationDetail): ConversationDetail {
  const { id, capabilities, inbox } = conversation
  const several = conversation.message_count > 1
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the rest of the conversation does not change a message
  return useMemo(() => conversation, [id, capabilities, inbox.id, several])
}
