// The timeline: days, messages, folded bystanders, thin event lines; oldest first, opened where reading goes on.
import { Button } from '@mantine/core'
import IconArrowDown from '@tabler/icons-react/dist/esm/icons/IconArrowDown.mjs'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Bone, Delayed } from '../../../components/delayed'
import type { ConversationDetail, Message } from '../../../lib/api/types'
import { formatDay } from '../../../lib/format/time'
import type { Entry } from '../hooks/build-timeline'
import { useScrollPlace } from '../hooks/use-scroll-place'
import { BystanderRun } from './bystander-run'
import { EventLines } from './event-lines'
import { MessageItem } from './message-item'
import classes from './timeline.module.css'

interface Props {
  conversation: ConversationDetail
  entries: Entry[]
  messages: Message[]
  ready: boolean
  firstUnreadId: string | null
  hasEarlier: boolean
  onEarlier: () => Promise<unknown>
  top: ReactNode
  onOpen: (id: string) => void
}

export function Timeline(props: Props) {
  const { conversation, entries, messages, ready, firstUnreadId, hasEarlier, onEarlier, top } = props
  const { t, i18n } = useTranslation()
  const { scroll, onScroll, behind, toEnd } = useScrollPlace(messages, ready, firstUnreadId)
  const [loading, setLoading] = useState(false)
  const parentOf = (message: Message) => messages.find((item) => item.id === message.in_reply_to)
  const item = (message: Message, previousId: string | undefined) => (
    <MessageItem
      key={message.id}
      message={message}
      conversation={conversation}
      parent={message.in_reply_to && message.in_reply_to !== previousId ? parentOf(message) : undefined}
    />
  )
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
              loading={loading}
              onClick={() => {
                setLoading(true)
                void onEarlier().finally(() => setLoading(false))
              }}
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
                return <BystanderRun key={entry.key} messages={entry.messages} render={item} />
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
