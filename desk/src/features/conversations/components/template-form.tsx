// Choosing an approved text and filling it in, with what it will look like. Stands where the text field stands.
import { Button, CloseButton, TextInput, Textarea } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TemplateWriting } from '../hooks/use-template'
import classes from './composer-parts.module.css'

interface Props { template: TemplateWriting; language: string }

export function TemplateForm({ template, language }: Props) {
  const { t } = useTranslation()
  const { known, chosen, marks } = template
  const [entering, setEntering] = useState(known.length === 0)
  if (chosen) {
    return (
      <div className={classes.template} role="group" aria-label={t('desk.composer.template.region')}>
        <p className={classes.chosen}>
          <strong>{chosen.name}</strong> <span>{chosen.language}</span>
          <Button size="compact-xs" variant="subtle" onClick={() => template.choose(null)}>{t('desk.composer.template.other')}</Button>
          <Back template={template} />
        </p>
        {marks > 0 && (
          <div className={classes.values}>
            {Array.from({ length: marks }, (_, index) => (
              <TextInput
                key={index}
                size="xs"
                label={t('desk.composer.template.value', { mark: mark(index + 1) })}
                value={template.values[index] ?? ''}
                autoFocus={index === 0}
                onChange={(event) => template.fill(index, event.currentTarget.value)}
              />
            ))}
          </div>
        )}
        <p className={classes.caption}>{t('desk.composer.template.preview')}</p>
        <blockquote className={classes.preview}>{template.body}</blockquote>
      </div>
    )
  }
  return (
    <div className={classes.template} role="group" aria-label={t('desk.composer.template.region')}>
      {known.length > 0 && (
        <ul className={classes.known} aria-label={t('desk.composer.template.choose')}>
          {known.map((item, index) => (
            <li key={`${item.name} ${item.language}`}>
              <button type="button" className={classes.pick} autoFocus={index === 0} onClick={() => template.choose(item)}>
                <strong>{item.name}</strong> <span>{item.language}</span>
                <span className={classes.text}>{item.text}</span>
              </button>
              <CloseButton size="sm" aria-label={t('desk.composer.template.forget', { name: item.name })} onClick={() => template.forget(item)} />
            </li>
          ))}
        </ul>
      )}
      {entering
        ? <TemplateEntry language={language} template={template} />
        : (
          <p className={classes.chosen}>
            <Button size="compact-sm" variant="default" onClick={() => setEntering(true)}>{t('desk.composer.template.enter')}</Button>
            <Back template={template} />
          </p>
        )}
    </div>
  )
}

function TemplateEntry({ template, language }: Props) {
  const { t } = useTranslation()
  const [entry, setEntry] = useState({ name: '', language, text: '' })
  const set = (part: Partial<typeof entry>) => setEntry((before) => ({ ...before, ...part }))
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    template.enter({ name: entry.name.trim(), language: entry.language.trim(), text: entry.text.trim() })
  }
  return (
    <form className={classes.entry} onSubmit={onSubmit}>
      <TextInput size="xs" required autoFocus label={t('desk.composer.template.name')} value={entry.name} onChange={(event) => set({ name: event.currentTarget.value })} />
      <TextInput size="xs" required label={t('desk.composer.template.language')} description={t('desk.composer.template.language_text')} inputWrapperOrder={['label', 'input', 'description', 'error']} value={entry.language} onChange={(event) => set({ language: event.currentTarget.value })} />
      <Textarea size="xs" required autosize minRows={2} maxRows={5} className={classes.wide} label={t('desk.composer.template.text')} description={t('desk.composer.template.text_text', { first: mark(1), second: mark(2) })} inputWrapperOrder={['label', 'input', 'description', 'error']} value={entry.text} onChange={(event) => set({ text: event.currentTarget.value })} />
      <p className={classes.chosen}>
        <Button type="submit" size="compact-sm" variant="default">{t('desk.composer.template.keep')}</Button>
        <Back template={template} />
      </p>
    </form>
  )
}

function Back({ template }: { template: TemplateWriting }) {
  const { t } = useTranslation()
  return <Button size="compact-xs" variant="subtle" color="gray" onClick={template.close}>{t('desk.composer.template.back')}</Button>
}

const mark = (number: number) => `{{${number}}}`
