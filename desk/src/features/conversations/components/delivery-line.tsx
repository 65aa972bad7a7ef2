// How far a message of ours has come: waiting to leave, leaving, out, failed with its reason, or uncertain.
import { Button } from '@mantine/core'
import IconAlertTriangle from '@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs'
import IconCheck from '@tabler/icons-react/dist/esm/icons/IconCheck.mjs'
import IconClock from '@tabler/icons-react/dist/esm/icons/IconClock.mjs'
import IconSend from '@tabler/icons-react/dist/esm/icons/IconSend.mjs'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ConversationDetail, Delivery, Message } from '../../../lib/api/types'
import { dayKey, formatClock, formatExact, formatMinute } from '../../../lib/format/time'
import { useNow } from '../../../lib/format/use-now'
import { useDeliverMessage } from '../api/deliver-message'
import { useCallBack } from '../hooks/use-call-back'
import classes from './message-parts.module.css'

const SIGNS = { queued: IconClock, sending: IconSend, sent: IconCheck, failed: IconAlertTriangle, uncertain: IconAlertTriangle, cancelled: IconClock }

/** Where the network itself says what it dislikes; elsewhere the detail is for those who look after the machine. */
const IN_ITS_WORDS = new Set(['content_rejected', 'forbidden', 'recipient_gone', 'window_closed'])

/** What leaves later than this says when, not in how many seconds. */
const SOON = 90

interface Props { message: Message; conversation: ConversationDetail }

export function DeliveryLine({ message, conversation }: Props) {
  const { t, i18n } = useTranslation()
  const deliver = useDeliverMessage()
  const callBack = useCallBack()
  const delivery = message.delivery as Delivery
  const seconds = useSecondsUntil(delivery.state === 'queued' ? delivery.send_at : null)
  const now = useNow()
  const { state, reason } = delivery
  const Sign = SIGNS[state]
  const why = reason ? t(`desk.delivery.reason.${reason.class}`, { defaultValue: reason.class }) : ''
  const detail = reason && IN_ITS_WORDS.has(reason.class) ? reason.detail : null
  /** A limit has an end that is known; what is tried again may fail again. */
  const next = (at: string) => {
    const today = dayKey(at) === new Date(now).toDateString()
    const shown = today ? formatClock(i18n.language, at) : formatMinute(i18n.language, at)
    if (reason?.class === 'retry_after') return t(today ? 'desk.delivery.leaves_at' : 'desk.delivery.leaves_on', { at: shown })
    return t(today ? 'desk.delivery.again_at' : 'desk.delivery.again_on', { at: shown })
  }
  const words = () => {
    if (state === 'queued' && delivery.send_at && seconds > SOON) return t('desk.delivery.at', { at: formatMinute(i18n.language, delivery.send_at) })
    if (state === 'queued' && seconds > 0) return t('desk.delivery.held', { count: seconds })
    const waits = state === 'queued' ? delivery.attempts > 0 || reason !== null : state === 'sending' && reason !== null
    if (waits && delivery.next_attempt_at) return [why, next(delivery.next_attempt_at)].filter(Boolean).join(' ')
    if (state === 'sent') return t('desk.delivery.sent')
    return [t(`desk.delivery.${state}`), why, detail].filter(Boolean).join(' ')
  }
  return (
    <div className={classes.delivery} data-state={state} role={state === 'failed' || state === 'uncertain' ? 'alert' : undefined}>
      <Sign size={14} stroke={2} aria-hidden="true" />
      <span title={delivery.sent_at ? formatExact(i18n.language, delivery.sent_at) : (reason?.detail ?? undefined)}>{words()}</span>
      {state === 'queued' && seconds > 0 && (
        <Button size="compact-xs" variant="default" onClick={() => void callBack(conversation.id, message)}>{t('desk.act.undo')}</Button>
      )}
      {state === 'failed' && (
        <Button size="compact-xs" variant="default" onClick={() => void deliver(conversation.id, message.id, 'retry')}>{t('desk.delivery.retry')}</Button>
      )}
      {state === 'uncertain' && (
        <>
          {delivery.can_check && <Button size="compact-xs" variant="default" onClick={() => void deliver(conversation.id, message.id, 'check')}>{t('desk.delivery.check')}</Button>}
          <Button size="compact-xs" variant="default" onClick={() => void deliver(conversation.id, message.id, 'retry')}>{t('desk.delivery.send_again')}</Button>
        </>
      )}
    </div>
  )
}

function useSecondsUntil(at: string | null): number {
  const left = () => (at ? Math.max(0, Math.ceil((Date.parse(at) - Date.now()) / 1000)) : 0)
  const [seconds, setSeconds] = useState(left)
  useEffect(() => {
    if (!at) return
    const tick = () => setSeconds(Math.max(0, Math.ceil((Date.parse(at) - Date.now()) / 1000)))
    tick()
    const timer = setInterval(tick, 250)
    return () => clearInterval(timer)
  }, [at])
  return at ? seconds : 0
}
