// The open conversation: header, shared post, timeline, composer. Marks it read once it has been looked at.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemNotice } from '../../../components/problem-notice'
import type { ConversationDetail, Message } from '../../../lib/api/types'
import { useShortcut } from '../../../lib/shortcuts/use-shortcut'
import { eventsQuery } from '../api/list-events'
import { conversationQuery } from '../api/find-conversation'
import { messagesQuery } from '../api/list-messages'
import { useMarkRead } from '../api/mark-read'
import { buildTimeline, findFirstUnread } from '../hooks/build-timeline'
import { findOpenQuestions } from '../hooks/open-questions'
import { useMessageKeys } from '../hooks/use-message-keys'
import { Composer } from './composer'
import { ConversationHeader } from './conversation-header'
import classes from './conversation-pane.module.css'
import { PaneSkeleton } from './pane-skeleton'
import { SharedPost } from './shared-post'
import { Timeline } from './timeline'

interface Props {
  id: string
  lead?: ReactNode
  tail?: ReactNode
  hrefFor: (id: string) => string
  onOpen: (id: string) => void
}

const NO_MESSAGES: Message[] = []
const READ_AFTER_MS = 900
/** No farther back than so many messages, for the sake of what a browser can draw. */
const FARTHEST = 3000
const MANY_VOICES = 20

export function ConversationPane({ id, lead, tail, hrefFor, onOpen }: Props) {
  const { t } = useTranslation()
  const pane = useRef<HTMLElement>(null)
  const conversation = useQuery(conversationQuery(id))
  const messages = useInfiniteQuery(messagesQuery(id))
  const events = useQuery(eventsQuery(id))
  const newestFirst = useMemo(() => messages.data?.pages.flatMap((page) => page.items) ?? NO_MESSAGES, [messages.data])
  const firstUnreadId = useFirstUnread(conversation.data, newestFirst)
  const reached = useReach(firstUnreadId, newestFirst, messages, (conversation.data?.voices ?? 0) > MANY_VOICES)
  const questions = useMemo(() => findOpenQuestions(newestFirst), [newestFirst])
  useReadOnSight(conversation.data)
  const entries = useMemo(
    () => buildTimeline(newestFirst, events.data ?? [], firstUnreadId),
    [newestFirst, events.data, firstUnreadId],
  )

  const opened = useRef<string | null>(null)
  useEffect(() => {
    if (opened.current === id) return
    const fromOutside = opened.current === null && !document.activeElement?.id.startsWith('row-')
    opened.current = id
    if (fromOutside) return
    const busy = document.activeElement?.closest('[role="dialog"],textarea,input')
    if (!busy) pane.current?.focus({ preventScroll: true })
  }, [id])
  useShortcut('first_unread', () => document.getElementById('first-unread')?.scrollIntoView({ block: 'start' }))

  const known = conversation.data
  return (
    <main className={classes.pane} ref={pane} tabIndex={-1} aria-label={t('desk.conversation.region')}>
      {conversation.isError && !known && (
        <>
          <div className={classes.lead}>{lead}</div>
          <ProblemNotice error={conversation.error} onRetry={() => void conversation.refetch()} />
        </>
      )}
      {!known && !conversation.isError && <PaneSkeleton lead={lead} />}
      {known && (
        <>
          <ConversationHeader conversation={known} messages={newestFirst} questions={questions.length} lead={lead} tail={tail} hrefFor={hrefFor} onOpen={onOpen} />
          {messages.isError ? (
            <ProblemNotice error={messages.error} onRetry={() => void messages.refetch()} />
          ) : (
            <Timeline
              key={id}
              conversation={known}
              entries={entries}
              messages={newestFirst}
              questions={questions}
              ready={messages.isSuccess && reached}
              firstUnreadId={firstUnreadId}
              hasEarlier={messages.hasNextPage}
              onEarlier={() => messages.fetchNextPage()}
              top={known.post ? <SharedPost post={known.post} /> : null}
              onOpen={onOpen}
            />
          )}
          <MessageKeys conversation={known} messages={newestFirst} />
          {!known.joined_into && <Composer key={`composer-${id}`} conversation={known} messages={newestFirst} />}
        </>
      )}
    </main>
  )
}

/** Mounted only while a conversation is known. */
function MessageKeys({ conversation, messages }: { conversation: ConversationDetail; messages: Message[] }) {
  useMessageKeys(conversation, messages)
  return null
}

/** The place where reading goes on, kept as it was when the conversation was opened. */
function useFirstUnread(conversation: ConversationDetail | undefined, newestFirst: Message[]): string | null {
  const [kept, setKept] = useState<{ id: string; unreadId: string | null } | null>(null)
  if (conversation && newestFirst.length > 0 && kept?.id !== conversation.id) {
    setKept({
      id: conversation.id,
      unreadId: findFirstUnread(newestFirst, conversation.unread, conversation.first_unread_id),
    })
  }
  return kept?.id === conversation?.id ? (kept?.unreadId ?? null) : null
}

/** Fetches back to the first unread, so that reading goes on there however long the thread is; says when it is there. */
function useReach(firstUnreadId: string | null, newestFirst: Message[], pages: { hasNextPage: boolean; isFetching: boolean; isFetchNextPageError: boolean; fetchNextPage: () => unknown }, whole: boolean): boolean {
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = pages
  const [reached, setReached] = useState<string | null>(null)
  const there = firstUnreadId === null || reached === firstUnreadId || !hasNextPage || isFetchNextPageError
    || newestFirst.length > FARTHEST || newestFirst.some((message) => message.id === firstUnreadId)
  if (there && firstUnreadId !== null && reached !== firstUnreadId && newestFirst.length > 0) setReached(firstUnreadId)
  useEffect(() => {
    if (!there && !isFetching) fetchNextPage()
    // Where many speak, how many there are and what they ask is only true of the whole thread.
    else if (whole && hasNextPage && !isFetching && !isFetchNextPageError && newestFirst.length < FARTHEST) fetchNextPage()
  }, [there, whole, hasNextPage, isFetching, isFetchNextPageError, newestFirst.length, fetchNextPage])
  return there
}

/** Marks read what was open for a moment, and what arrives while it is looked at; never what was just marked unread. */
function useReadOnSight(conversation: ConversationDetail | undefined) {
  const markRead = useMarkRead()
  const done = useRef('')
  useEffect(() => {
    if (!conversation?.unread) return
    const seen = `${conversation.id} ${conversation.last_message_at}`
    if (done.current === seen) return
    const timer = setTimeout(() => {
      if (document.visibilityState !== 'visible') return
      done.current = seen
      void markRead(conversation, true)
    }, READ_AFTER_MS)
    return () => clearTimeout(timer)
  }, [conversation, markRead])
}
