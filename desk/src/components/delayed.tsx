// Shows a skeleton only when waiting has become noticeable (150 ms).
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './states.module.css'

export function Delayed({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const [due, setDue] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), 150)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className={classes.waiting} aria-busy="true" data-due={due || undefined}>
      <span className="seen-by-readers-only" role="status">{due ? t('desk.state.loading') : ''}</span>
      {children}
    </div>
  )
}

/** A bar of the size of the text that is coming. */
export function Bone({ width, height = '0.8em' }: { width: string; height?: string }) {
  return <span className={classes.bone} style={{ width, height }} aria-hidden="true" />
}
