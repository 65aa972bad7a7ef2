// A small searchable list that opens under a button: to choose one thing, or to switch several.
// Arrow keys move, Enter chooses, Escape goes back to the button.
import { Popover } from '@mantine/core'
import IconCheck from '@tabler/icons-react/dist/esm/icons/IconCheck.mjs'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './picker.module.css'

export interface Choice { id: string; label: string; hint?: string; sign?: ReactNode; group?: string }

interface Props {
  label: string
  choices: Choice[]
  chosen?: readonly string[]
  opened: boolean
  onOpen: (opened: boolean) => void
  onChoose: (id: string) => void
  /** Lets a word that is not in the list be made. */
  onCreate?: (text: string) => void
  keepOpen?: boolean
  children: ReactNode
  foot?: ReactNode
}

const NO_CHOICE: readonly string[] = []

export function Picker({ label, choices, chosen = NO_CHOICE, opened, onOpen, onChoose, onCreate, keepOpen, children, foot }: Props) {
  return (
    <Popover opened={opened} onChange={onOpen} position="bottom-start" width={260} trapFocus returnFocus>
      <Popover.Target>{children}</Popover.Target>
      <Popover.Dropdown p={0} aria-label={label}>
        {opened && (
          <PickerList
            label={label}
            choices={choices}
            chosen={chosen}
            onCreate={onCreate}
            onChoose={(id) => {
              onChoose(id)
              if (!keepOpen) onOpen(false)
            }}
            foot={foot}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  )
}

type ListProps = Pick<Props, 'label' | 'choices' | 'onChoose' | 'onCreate' | 'foot'> & { chosen: readonly string[] }

export function PickerList({ label, choices, chosen, onChoose, onCreate, foot }: ListProps) {
  const { t } = useTranslation()
  const listId = useId()
  const [text, setText] = useState('')
  const [active, setActive] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const shown = useMemo(() => {
    const wanted = text.trim().toLocaleLowerCase()
    const found = choices.filter((item) => `${item.label} ${item.hint ?? ''}`.toLocaleLowerCase().includes(wanted))
    const isNew = onCreate && wanted && !choices.some((item) => item.label.toLocaleLowerCase() === wanted)
    return isNew ? [...found, { id: NEW, label: t('desk.pick.create', { text: text.trim() }) }] : found
  }, [choices, text, onCreate, t])
  const at = Math.min(active, shown.length - 1)

  useEffect(() => {
    list.current?.querySelector('[data-active]')?.scrollIntoView({ block: 'nearest' })
  }, [at])

  const choose = (choice: Choice | undefined) => {
    if (!choice) return
    if (choice.id === NEW) onCreate?.(text.trim())
    else onChoose(choice.id)
    setText('')
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) setActive((at + step + shown.length) % shown.length)
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing) choose(shown[at])
    else return
    event.preventDefault()
  }

  return (
    <div className={classes.picker}>
      <input
        className={classes.search}
        placeholder={label}
        aria-label={label}
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={shown[at] ? `${listId}-${at}` : undefined}
        data-autofocus
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setActive(0)
        }}
        onKeyDown={onKeyDown}
      />
      <ul className={classes.list} id={listId} role="listbox" aria-label={label} ref={list}>
        {shown.map((choice, index) => (
          <li
            key={choice.id}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={chosen.includes(choice.id)}
            data-active={index === at || undefined}
            data-group={choice.group && choice.group !== shown[index - 1]?.group ? choice.group : undefined}
            className={classes.choice}
            onMouseMove={() => setActive(index)}
            onClick={() => choose(choice)}
            onKeyDown={onKeyDown}
          >
            <span className={classes.sign}>{choice.sign}</span>
            <span className={classes.label}>{choice.label}</span>
            {choice.hint && <span className={classes.hint}>{choice.hint}</span>}
            {chosen.includes(choice.id) && <IconCheck size={15} aria-hidden="true" />}
          </li>
        ))}
        {shown.length === 0 && <li className={classes.nothing}>{t('desk.pick.nothing')}</li>}
      </ul>
      {foot && <div className={classes.foot}>{foot}</div>}
    </div>
  )
}

const NEW = ' new'
