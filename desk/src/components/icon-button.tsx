// A button with a sign only: always with a name, a hint and, where there is one, its key.
import { ActionIcon, Tooltip } from '@mantine/core'
import { forwardRef, type MouseEventHandler, type ReactNode } from 'react'
import { KeyHint } from './key-hint'
import type { ShortcutId } from '../lib/shortcuts/keymap'

interface Props {
  label: string
  children: ReactNode
  onClick?: MouseEventHandler<HTMLButtonElement>
  shortcut?: ShortcutId
  pressed?: boolean
  expanded?: boolean
  disabled?: boolean
  className?: string
}

export const IconButton = forwardRef<HTMLButtonElement, Props>(function IconButton(
  { label, children, shortcut, pressed, expanded, ...rest },
  ref,
) {
  return (
    <Tooltip label={shortcut ? <span>{label} <KeyHint id={shortcut} /></span> : label} events={{ hover: true, focus: false, touch: false }}>
      <ActionIcon
        ref={ref}
        variant="subtle"
        color="gray"
        size={32}
        aria-label={label}
        aria-pressed={pressed}
        aria-expanded={expanded}
        styles={{ root: { '--ai-color': pressed ? 'var(--accent)' : 'var(--text-soft)', '--ai-hover': 'var(--hover)', '--ai-hover-color': 'var(--text)' } }}
        {...rest}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  )
})
