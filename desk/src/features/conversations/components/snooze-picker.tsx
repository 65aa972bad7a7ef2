// Puts a conversation to sleep until a time that fits the working day, or one picked by hand.
import { Button, Popover, TextInput } from '@mantine/core'
import IconClockPause from '@tabler/icons-react/dist/esm/icons/IconClockPause.mjs'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../../../components/icon-button'
import { PickerList } from '../../../components/picker'
import type { Conversation } from '../../../lib/api/types'
import { formatShort } from '../../../lib/format/time'
import { useNow } from '../../../lib/format/use-now'
import { useShortcut } from '../../../lib/shortcuts/use-shortcut'
import { snoozePresets } from '../hooks/snooze-presets'
import { useActions } from '../hooks/use-actions'

export function SnoozePicker({ conversation }: { conversation: Conversation }) {
  const { t, i18n } = useTranslation()
  const { setStatus } = useActions()
  const [opened, setOpened] = useState(false)
  const [own, setOwn] = useState('')
  useShortcut('snooze', () => setOpened(true))
  const now = useNow()
  const presets = opened ? snoozePresets(new Date(now)) : []
  const snooze = (until: string) => {
    setOpened(false)
    void setStatus(conversation, 'snoozed', until)
  }
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={310} trapFocus returnFocus>
      <Popover.Target>
        <IconButton label={t('desk.act.snooze')} shortcut="snooze" onClick={() => setOpened(!opened)} expanded={opened}>
          <IconClockPause size={18} stroke={1.7} aria-hidden="true" />
        </IconButton>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label={t('desk.act.snooze')}>
        {opened && (
          <PickerList
            label={t('desk.snooze.label')}
            choices={presets.map(({ id, at }) => ({
              id,
              label: t(`desk.snooze.${id}`),
              hint: formatShort(i18n.language, at.toISOString(), now),
            }))}
            chosen={[]}
            onChoose={(id) => {
              const preset = presets.find((item) => item.id === id)
              if (preset) snooze(preset.at.toISOString())
            }}
            foot={
              <form
                style={{ display: 'flex', gap: 6 }}
                onSubmit={(event) => {
                  event.preventDefault()
                  if (own) snooze(new Date(own).toISOString())
                }}
              >
                <TextInput size="xs" type="datetime-local" aria-label={t('desk.snooze.own')} value={own} onChange={(event) => setOwn(event.currentTarget.value)} style={{ flex: 1, minWidth: 0 }} />
                <Button size="xs" type="submit" variant="default" style={{ flex: 'none' }} disabled={!own || new Date(own).getTime() < now}>
                  {t('desk.snooze.set')}
                </Button>
              </form>
            }
          />
        )}
      </Popover.Dropdown>
    </Popover>
  )
}
