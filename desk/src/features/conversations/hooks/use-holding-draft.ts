// What is being written to many: variants of the text, when more will be said, and over how long they leave.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { newIdempotencyKey } from '../../../lib/api/client'
import type { NewHoldingReplies } from '../../../lib/api/types'
import { formatClock, formatDay } from '../../../lib/format/time'
import { useNow } from '../../../lib/format/use-now'

export const NEXT_WORD = '{next_word}'
const MOST_VARIANTS = 20
/** The server holds the first one back as long, so that all can be called back. */
const HELD_MS = 10_000

export function useHoldingDraft(conversations: string[]) {
  const { t, i18n } = useTranslation()
  const now = useNow()
  const [texts, setTexts] = useState([t('desk.hold.first'), t('desk.hold.second')])
  const [at, setAt] = useState(() => localTime(inTwoHours()))
  const [minutes, setMinutes] = useState('30')
  const [key, setKey] = useState(newIdempotencyKey)
  const change = (run: () => void) => {
    setKey(newIdempotencyKey())
    run()
  }
  const words = texts.map((text) => text.trim())
  const moment = Date.parse(at)
  const faults = {
    few: new Set(words).size < words.length || words.includes(''),
    unnamed: words.some((text) => text !== '' && !text.includes(NEXT_WORD)),
    early: !(moment > now + HELD_MS + Number(minutes) * 60_000),
  }
  const said = (when: Date) => {
    const days = Math.round((midnight(when) - midnight(new Date(now))) / 86_400_000)
    const shown = { time: formatClock(i18n.language, when.toISOString()), day: formatDay(i18n.language, when.toISOString()) }
    return t(days === 0 ? 'desk.hold.said_today' : days === 1 ? 'desk.hold.said_tomorrow' : 'desk.hold.said_on', shown)
  }
  return {
    texts,
    at,
    minutes,
    faults,
    full: texts.length === MOST_VARIANTS,
    ready: conversations.length > 0 && !faults.few && !faults.unnamed && !faults.early,
    idempotencyKey: key,
    /** As it will be read, near enough: the server says the day as a person would. */
    filled: (text: string) => (Number.isNaN(moment) ? text : text.replaceAll(NEXT_WORD, said(new Date(moment)))),
    setText: (index: number, text: string) => change(() => setTexts((known) => known.map((one, place) => (place === index ? text : one)))),
    add: () => change(() => setTexts((known) => [...known, ''])),
    remove: (index: number) => change(() => setTexts((known) => known.filter((_, place) => place !== index))),
    setAt: (value: string) => change(() => setAt(value)),
    setMinutes: (value: string) => change(() => setMinutes(value)),
    body: (): NewHoldingReplies => ({ conversations, texts: words, next_word_at: new Date(moment).toISOString(), spread_minutes: Number(minutes) }),
  }
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime()
}

function inTwoHours(): Date {
  const later = new Date(Date.now() + 2 * 3_600_000)
  later.setMinutes(Math.ceil(later.getMinutes() / 15) * 15, 0, 0)
  return later
}

/** A time as the field for times writes it: where the person is, without a zone. */
function localTime(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
