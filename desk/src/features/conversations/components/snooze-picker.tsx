// Puts a conversation to sleep until a time.
import IconClockPause from '@tabler/icons-react/dist/esm/icons/IconClockPause.mjs'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '../../../lib/api/types'
import { useActions } from '../hooks/use-actions'
import { TimePicker } from './time-picker'

export function SnoozePicker({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation()
  const { setStatus } = useActions()
  return (
    <TimePicker
      label={t('desk.act.snooze')}
      ask={t('desk.snooze.label')}
      shortcut="snooze"
      sign={<IconClockPause size={18} stroke={1.7} aria-hidden="true" />}
      onChoose={(until) => void setStatus(conversation, 'snoozed', until)}
    />
  )
}
