// The frame of the pages in front of the desk: wordmark, one form, the choice of language.
import type { FormEventHandler, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Wordmark } from '../../../components/wordmark'
import { speak } from '../../../lib/i18n'
import classes from './door.module.css'

interface Props { title: string; text?: string; trouble?: string | null; onSubmit: FormEventHandler; children: ReactNode }

export function Door({ title, text, trouble, onSubmit, children }: Props) {
  const { t, i18n } = useTranslation()
  return (
    <main className={classes.door}>
      <form className={classes.form} onSubmit={onSubmit}>
        <Wordmark large />
        <h1>{title}</h1>
        {text && <p>{text}</p>}
        {trouble && <p className={classes.trouble} role="alert">{trouble}</p>}
        {children}
      </form>
      <div className={classes.languages}>
        {(['de', 'en'] as const).map((language) => (
          <button key={language} type="button" lang={language} aria-pressed={i18n.language === language} onClick={() => void speak(language)}>
            {t(`desk.language.${language}`)}
          </button>
        ))}
      </div>
    </main>
  )
}
