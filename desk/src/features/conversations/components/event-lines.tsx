// Thin lines about what people and rules did; three or more fold into one.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Moment } from '../../../components/moment'
import type { TimelineEvent } from '../../../lib/api/types'
import { useDescribeEvent } from '../hooks/use-describe-event'
import classes from './timeline.module.css'

const FOLD_FROM = 3

export function EventLines({ events }: { events: TimelineEvent[] }) {
  const { t } = useTranslation()
  const describe = useDescribeEvent()
  const [opened, setOpened] = useState(events.length < FOLD_FROM)
  if (!opened) {
    const last = events.at(-1)
    return (
      <ul className={classes.events}>
        <li>
          <button type="button" onClick={() => setOpened(true)} aria-expanded="false">
            {t('desk.event.folded', { count: events.length })}
          </button>
          {last && <>: {describe(last)}<Moment at={last.at} /></>}
        </li>
      </ul>
    )
  }
  return (
    <ul className={classes.events}>
      {events.map((event) => (
        <li key={event.seq}>
          {describe(event)}
          <Moment at={event.at} />
        </li>
      ))}
    </ul>
  )
}
