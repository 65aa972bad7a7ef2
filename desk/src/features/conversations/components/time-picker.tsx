// Picks a time ahead: one that fits the working day, or one set by hand.
import { Button, Popover, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../../../components/icon-button'
import { PickerList } from '../../../components/picker'
import { formatShort } from '../../../lib/format/time'
import { useNow } from '../../../lib/format/use-now'
import type { ShortcutId } from '../../../lib/shortcuts/keymap'
import { useShortcut } from '../../../lib/shortcuts/use-shortcut'
import { snoozePresets } from '../hooks/snooze-presets'

interface Props {
  /** What the button says. */
  label: string
  /** What the list is asked for. */
  ask: string
  sign: ReactNode
  shortcut?: ShortcutId
  disabled?: boolean
  /** After this it would be too late. */
  latest?: string | null
  onChoose: (at: string) => void
}

export function TimePicker({ label, ask, sign, shortcut, disabled, latest, onChoose }: Props) {
  const { t, i18n } = useTranslation()
  const [opened, setOpened] = useState(false)
  const [own, setOwn] = useState('')
  const now = useNow()
  const end = latest ? Date.parse(latest) : Number.POSITIVE_INFINITY
  const presets = opened ? snoozePresets(new Date(now)).filter(({ at }) => at.getTime() < end) : []
  const choose = (at: string) => {
    setOpened(false)
    onChoose(at)
  }
  useShortcut(shortcut ?? 'snooze', () => setOpened(true), shortcut !== undefined)
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={310} trapFocus returnFocus>
      <Popover.Target>
        <IconButton label={label} shortcut={shortcut} disabled={disabled} onClick={() => setOpened(!opened)} expanded={opened}>
          {sign}
        </IconButton>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label={label}>
        {opened && (
          <PickerList
            label={ask}
            choices={presets.map(({ id, at }) => ({
              id,
              label: t(`desk.snooze.${id}`),
              hint: formatShort(i18n.language, at.toISOString(), now),
            }))}
            chosen={[]}
            onChoose={(id) => {
              const preset = presets.find((item) => item.id === id)
              if (preset) choose(preset.at.toISOString())
            }}
            foot={
              <form
                style={{ display: 'flex', alignItems: 'center', gap: 6 }}
                onSubmit={(event) => {
                  event.preventDefault()
                  if (own) choose(new Date(own).toISOString())
                }}
              >
                <TextInput size="xs" type="datetime-local" aria-label={t('desk.snooze.own')} value={own} onChange={(event) => setOwn(event.currentTarget.value)} style={{ flex: 1, minWidth: 0 }} />
                <Button size="xs" type="submit" variant="default" style={{ flex: 'none' }} disabled={!own || new Date(own).getTime() < now || new Date(own).getTime() > end}>
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
