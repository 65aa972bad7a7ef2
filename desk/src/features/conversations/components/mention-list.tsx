// @names of colleagues in a note: offered while one types, taken by arrow keys and Enter.
import { type KeyboardEvent, type RefObject, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Agent } from '../../../lib/api/types'
import classes from './composer.module.css'

const BEGUN = /(?:^|\s)@([\p{L}\p{M}.'-]*(?: [\p{L}\p{M}.'-]*)?)$/u

export function useMention(
  field: RefObject<HTMLTextAreaElement | null>,
  body: string,
  agents: Agent[],
  active: boolean,
  write: (text: string) => void,
) {
  const [caret, setCaret] = useState<number | null>(null)
  const [index, setIndex] = useState(0)
  const begun = active && caret !== null ? BEGUN.exec(body.slice(0, caret))?.[1] : undefined
  const found =
    begun === undefined
      ? []
      : agents.filter((agent) => !agent.disabled_at && matchesName(agent.name, begun) && agent.name !== begun).slice(0, 8)
  const at = Math.min(index, found.length - 1)
  const take = (agent: Agent | undefined) => {
    if (!agent || begun === undefined || caret === null) return
    const start = caret - begun.length
    write(`${body.slice(0, start)}${agent.name} ${body.slice(caret)}`)
    const after = start + agent.name.length + 1
    setCaret(null)
    requestAnimationFrame(() => field.current?.setSelectionRange(after, after))
  }
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (found.length === 0) return false
    if (event.key === 'ArrowDown') setIndex((at + 1) % found.length)
    else if (event.key === 'ArrowUp') setIndex((at - 1 + found.length) % found.length)
    else if ((event.key === 'Enter' && !event.ctrlKey && !event.metaKey) || event.key === 'Tab') take(found[at])
    else if (event.key === 'Escape') setCaret(null)
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }
  const onSelect = () => setCaret(field.current?.selectionStart ?? null)
  return { found, at, take, onKeyDown, onSelect, close: () => setTimeout(() => setCaret(null), 150) }
}

function matchesName(name: string, begun: string): boolean {
  const wanted = begun.toLocaleLowerCase()
  return name.toLocaleLowerCase().startsWith(wanted) || name.toLocaleLowerCase().split(' ').some((part) => part.startsWith(wanted))
}

export function MentionList({ mention }: { mention: ReturnType<typeof useMention> }) {
  const { t } = useTranslation()
  if (mention.found.length === 0) return null
  return (
    <ul className={classes.mentions} role="listbox" aria-label={t('desk.composer.mention')}>
      {mention.found.map((agent, index) => (
        <li
          key={agent.id}
          role="option"
          aria-selected={index === mention.at}
          className={classes.mention}
          onMouseDown={(event) => {
            event.preventDefault()
            mention.take(agent)
          }}
        >
          {agent.name}
        </li>
      ))}
    </ul>
  )
}
