// Draws a channel's settings from the schema it publishes; knows no channel.
import { Checkbox, NumberInput, PasswordInput, Select, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SchemaField, SettingsSchema } from '../../../lib/api/types'
import classes from './settings.module.css'

type Values = Record<string, unknown>
interface Props {
  channel: string
  schema: SettingsSchema
  values: Values
  /** The secrets that the server has, which it does not show. */
  secretsSet: readonly string[]
  /** What comes of connecting at the network's page, and may be left empty. */
  optional: readonly string[]
  errors: Record<string, string>
  onChange: (values: Values) => void
}

/** So few more fields do not need to be folded away. */
const FEW = 2

export function SchemaFields({ channel, schema, values, secretsSet, optional, errors, onChange }: Props) {
  const { t } = useTranslation()
  const words = useSchemaWords(channel)
  const required = schema.required ?? []
  const names = useOrder(channel, schema)
  const errorOf = (name: string) => errors[`settings/${name}`] ?? errors[`settings.${name}`] ?? errors[name]
  // What works as it is stands at the end, folded; what was changed there or is wrong shows itself.
  const usual = names.filter((name) => !required.includes(name) && schema.properties?.[name]?.default !== undefined)
  const folded = usual.length > FEW ? usual : []
  const touched = folded.some((name) => errorOf(name) !== undefined)
  const [unfolded, setUnfolded] = useState(false)

  const draw = (name: string) => {
    const field = schema.properties?.[name] ?? {}
    const kept = secretsSet.includes(name)
    return (
      <div key={name} data-setting={name}>
        <Field
          field={field}
          choice={(value) => words(name, `choice.${value}`, undefined) ?? value}
          label={words(name, 'title', field.title) ?? name}
          description={words(name, 'description', field.description)}
          placeholder={kept ? t('desk.settings.secret_kept') : undefined}
          required={required.includes(name) && !kept && !optional.includes(name)}
          error={errorOf(name)}
          value={values[name] ?? field.default}
          onChange={(value) => onChange({ ...values, [name]: value })}
        />
      </div>
    )
  }
  return (
    <>
      {names.filter((name) => !folded.includes(name)).map(draw)}
      {folded.length > 0 && (
        <details className={classes.more} open={unfolded || touched} onToggle={(event) => setUnfolded(event.currentTarget.open)}>
          <summary>{t('desk.settings.more_fields', { count: folded.length })}</summary>
          <div className={classes.form}>{folded.map(draw)}</div>
        </details>
      )}
    </>
  )
}

/** What must be there is asked first; the rest stands in the order in which the catalogue tells of it. */
function useOrder(channel: string, schema: SettingsSchema): string[] {
  const { i18n } = useTranslation()
  const told = Object.keys((i18n.getResource(i18n.language, 'translation', `channel.${channel}`) as object | undefined) ?? {})
  const required = schema.required ?? []
  const place = (name: string) => {
    const first = required.indexOf(name)
    if (first >= 0) return first
    const later = told.indexOf(name)
    return required.length + (later >= 0 ? later : told.length)
  }
  return Object.keys(schema.properties ?? {}).toSorted((one, other) => place(one) - place(other))
}

/** The channel's words for a field, else what the schema gives: a key of the catalogue or a plain text. */
function useSchemaWords(channel: string) {
  const { t, i18n } = useTranslation()
  return (name: string, part: 'title' | 'description' | `choice.${string}`, given: string | undefined): string | undefined => {
    const own = `channel.${channel}.${name}.${part}`
    if (i18n.exists(own)) return t(own)
    if (given && i18n.exists(given)) return t(given)
    return given?.includes(' ') || (given && !given.includes('.')) ? given : undefined
  }
}

/** Settings as the server takes them: fields of this channel only, what must be there as it is shown, and nothing empty. */
export function cleanSettings(schema: SettingsSchema, values: Values): Values {
  const shown = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const usual = schema.required?.includes(name) ? field.default : undefined
    return [name, values[name] ?? usual] as const
  })
  return Object.fromEntries(shown.filter(([, value]) => value !== '' && value !== undefined && value !== null))
}

interface FieldProps {
  field: SchemaField
  /** How a value of its list is called. */
  choice: (value: string) => string
  label: string
  description?: string
  placeholder?: string
  required: boolean
  error?: string
  value: unknown
  onChange: (value: unknown) => void
}

function Field({ field, choice, value, onChange, placeholder, ...rest }: FieldProps) {
  const text = typeof value === 'string' ? value : ''
  const write = (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value)
  if (field.type === 'boolean') {
    const { required: _required, ...shown } = rest
    return <Checkbox {...shown} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
  }
  if (field.type === 'integer' || field.type === 'number') {
    return (
      <NumberInput
        {...rest}
        min={field.minimum}
        max={field.maximum}
        allowDecimal={field.type === 'number'}
        value={typeof value === 'number' ? value : ''}
        onChange={(next) => onChange(next === '' ? '' : Number(next))}
      />
    )
  }
  if (field.type === 'array') return <TagsInput {...rest} value={Array.isArray(value) ? value.map(String) : []} onChange={onChange} />
  if (field.enum) return <Select {...rest} data={field.enum.map((one) => ({ value: one, label: choice(one) }))} allowDeselect={!rest.required} value={text || null} onChange={(next) => onChange(next ?? '')} />
  if (field.multiline) {
    // A key keeps its lines, so it stands in a field of several, which hides what is in it all the same.
    const hidden = field.secret ? { className: classes.hidden, autoComplete: 'off', spellCheck: false } : {}
    return <Textarea {...rest} {...hidden} placeholder={placeholder} autosize minRows={2} maxRows={8} value={text} onChange={write} />
  }
  if (field.secret) return <PasswordInput {...rest} placeholder={placeholder} autoComplete="new-password" value={text} onChange={write} />
  return <TextInput {...rest} type={field.format === 'uri' ? 'url' : 'text'} value={text} onChange={write} />
}
