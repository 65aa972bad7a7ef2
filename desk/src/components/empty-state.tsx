// An empty place: says why it is empty, teaches one thing, offers one action.
import type { ReactNode } from 'react'
import classes from './states.module.css'

interface Props { sign?: ReactNode; title: string; children?: ReactNode; action?: ReactNode }

export function EmptyState({ sign, title, children, action }: Props) {
  return (
    <div className={classes.state} data-empty>
      {sign && <span className={classes.sign} aria-hidden="true">{sign}</span>}
      <p className={classes.title}>{title}</p>
      {children && <p className={classes.text}>{children}</p>}
      {action}
    </div>
  )
}
