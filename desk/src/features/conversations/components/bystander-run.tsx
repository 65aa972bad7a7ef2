// Many bystanders in a row, folded into one line that says how many of how many, and how many of them ask something.
// Opens on demand and draws itself piece by piece, so that hundreds stay light; its line stays in sight meanwhile.
import IconChevronDown from '@tabler/icons-react/dist/esm/icons/IconChevronDown.mjs'
import IconChevronRight from '@tabler/icons-react/dist/esm/icons/IconChevronRight.mjs'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Message } from '../../../lib/api/types'
import classes from './timeline.module.css'

interface Props {
  messages: Message[]
  asking: ReadonlySet<string>
  /** How many are drawn; none while it is folded. */
  shown: number
  onShow: (index: number | null) => void
  render: (message: Message, previousId: string | undefined) => ReactNode
}

export function BystanderRun({ messages, asking, shown, onShow, render }: Props) {
  const { t } = useTranslation()
  const line = useRef<HTMLButtonElement>(null)
  const opened = shown > 0
  const voices = new Set(messages.map((message) => message.author.id ?? message.author.handle ?? message.author.name)).size
  const questions = messages.filter((message) => asking.has(message.id)).length
  const Sign = opened ? IconChevronDown : IconChevronRight
  const turn = () => {
    onShow(opened ? null : 0)
    if (opened) requestAnimationFrame(() => line.current?.scrollIntoView({ block: 'nearest' }))
  }
  return (
    <>
      <button ref={line} type="button" className={classes.run} aria-expanded={opened} onClick={turn}>
        <Sign size={15} aria-hidden="true" />
        <span>{t('desk.conversation.bystanders', { count: messages.length, voices: t('desk.conversation.bystander_voices', { count: voices }) })}</span>
        {questions > 0 && <span className={classes.run_asking}>{t('desk.conversation.asking', { count: questions })}</span>}
        {!opened && <span className={classes.run_preview}>{messages.at(-1)?.body}</span>}
      </button>
      {messages.slice(0, shown).map((message, index) => render(message, messages[index - 1]?.id))}
      {opened && shown < messages.length && (
        <More key={shown} onMore={() => onShow(shown)}>{t('desk.conversation.bystanders_more', { count: messages.length - shown })}</More>
      )}
    </>
  )
}

/** Draws the next piece before one gets there; a button for whoever does not scroll. */
function More({ onMore, children }: { onMore: () => void; children: ReactNode }) {
  const place = useRef<HTMLButtonElement>(null)
  const more = useRef(onMore)
  useEffect(() => {
    more.current = onMore
  })
  useEffect(() => {
    if (!place.current || typeof IntersectionObserver === 'undefined') return
    const observer = new IntersectionObserver((seen) => seen.some((entry) => entry.isIntersecting) && more.current(), {
      root: place.current.closest('[role="region"]'),
      rootMargin: '0px 0px 900px 0px',
    })
    observer.observe(place.current)
    return () => observer.disconnect()
  }, [])
  return <button ref={place} type="button" className={classes.more} onClick={onMore}>{children}</button>
}
