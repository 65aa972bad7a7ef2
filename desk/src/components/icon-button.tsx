// A button with a sign only: always with a name, a hint and, where there is one, its key.
import { ActionIcon, Tooltip } from '@mantine/core'
import { type ComponentPropsWithoutRef, forwardRef, type MouseEventHandler, type ReactNode } from 'react'
import classes from './icon-button.module.css'
import { KeyHint } from './key-hint'
import type { ShortcutId } from '../lib/shortcuts/keymap'

interface Props {
  label: string
  children: ReactNode
  onClick?: MouseEventHandler<HTMLButtonElement>
  shortcut?: ShortcutId
  pressed?: boolean
  expanded?: boolean
  /** What a menu around the button says of itself. */
  'aria-expanded'?: boolean
  disabled?: boolean
  className?: string
}

export const IconButton = forwardRef<HTMLButtonElement, Props>(function IconButton(
  { label, children, shortcut, pressed, expanded, 'aria-expanded': opened = expanded, className, ...rest },
  ref,
) {
  return (
    <Tooltip label={shortcut ? <span>{label} <KeyHint id={shortcut} /></span> : label} disabled={opened} events={{ hover: true, focus: false, touch: false }}>
      <ActionIcon
        ref={ref}
        variant="subtle"
        color="gray"
        size={32}
        aria-label={label}
        aria-pressed={pressed}
        aria-expanded={opened}
        styles={{ root: { '--ai-color': pressed ? 'var(--accent)' : 'var(--text-soft)', '--ai-hover': 'var(--hover)', '--ai-hover-color': 'var(--text)' } }}
        {...rest}
        className={[classes.icon, className].filter(Boolean).join(' ')}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  )
})

interface LightProps extends ComponentPropsWithoutRef<'button'> { label: string; popup?: boolean }

/** The same without Mantine's weight, for what stands in every message of a long thread. */
export const LightButton = forwardRef<HTMLButtonElement, LightProps>(function LightButton({ label, popup, children, className, ...rest }, ref) {
  return (
    <button ref={ref} type="button" aria-label={label} title={label} aria-haspopup={popup ? 'menu' : undefined} {...rest} className={[classes.light, className].filter(Boolean).join(' ')}>
      {children}
    </button>
  )
})
