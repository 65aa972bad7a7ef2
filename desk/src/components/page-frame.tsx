// The frame of pages beside the working screen: a title, sections with room to read.
import type { ReactNode } from 'react'
import classes from './page-frame.module.css'

interface Props { title: string; lead?: ReactNode; tail?: ReactNode; narrow?: boolean; children: ReactNode }

export function PageFrame({ title, lead, tail, narrow, children }: Props) {
  return (
    <main className={classes.page}>
      <header className={classes.header}>
        {lead}
        <h1>{title}</h1>
        <span className={classes.tail}>{tail}</span>
      </header>
      <div className={classes.body} data-narrow={narrow || undefined}>{children}</div>
    </main>
  )
}

export function Section({ title, text, tail, children }: { title: string; text?: string; tail?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section}>
      <div className={classes.section_head}>
        <h2>{title}</h2>
        {tail}
      </div>
      {text && <p className={classes.text}>{text}</p>}
      {children}
    </section>
  )
}

/** A table that scrolls by itself where the screen is narrow, or lays its rows out one below the other. */
export function TableBox({ label, stack, children }: { label: string; stack?: boolean; children: ReactNode }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolled region must be reachable by keyboard
    <div className={classes.table} data-stack={stack || undefined} role="region" aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </div>
  )
}
