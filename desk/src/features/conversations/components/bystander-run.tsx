// Many bystanders in a row, folded into one line that says how many of how many; opens on demand.
import IconChevronDown from '@tabler/icons-react/dist/esm/icons/IconChevronDown.mjs'
import IconChevronRight from '@tabler/icons-react/dist/esm/icons/IconChevronRight.mjs'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Message } from '../../../lib/api/types'
import classes from './timeline.module.css'

interface Props { messages: Message[]; render: (message: Message, previousId: string | undefined) => ReactNode }

export function BystanderRun({ messages, render }: Props) {
  const { t } = useTranslation()
  const [opened, setOpened] = useState(false)
  const voices = new Set(messages.map((message) => message.author.id ?? message.author.handle ?? message.author.name)).size
  const Sign = opened ? IconChevronDown : IconChevronRight
  return (
    <>
      <button type="button" className={classes.run} aria-expanded={opened} onClick={() => setOpened(!opened)}>
        <Sign size={15} aria-hidden="true" />
        <span>{t('desk.conversation.bystanders', { count: messages.length, voices: t('desk.conversation.bystander_voices', { count: voices }) })}</span>
        {!opened && <span className={classes.run_preview}>{messages.at(-1)?.body}</span>}
      </button>
      {opened && messages.map((message, index) => render(message, messages[index - 1]?.id))}
    </>
  )
}
