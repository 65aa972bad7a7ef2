// Draws a channel's settings from the schema it publishes; knows no channel.
import { Checkbox, NumberInput, PasswordInput, Select, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { SchemaField, SettingsSchema } from '../../../lib/api/types'

type Values = Record<string, unknown>
interface Props { channel: string; schema: SettingsSchema; values: Values; errors: Record<string, string>; onChange: (values: Values) => void }

export function SchemaFields({ channel, schema, values, errors, onChange }: Props) {
  const words = useSchemaWords(channel)
  const required = new Set(schema.required ?? [])
  // What must be there is asked first.
  const fields = Object.entries(schema.properties ?? {}).toSorted(([one], [other]) => Number(required.has(other)) - Number(required.has(one)))
  return fields.map(([name, field]) => (
    <Field
      key={name}
      field={field}
      label={words(name, 'title', field.title) ?? name}
      description={words(name, 'description', field.description)}
      required={required.has(name)}
      error={errors[`settings/${name}`] ?? errors[`settings.${name}`] ?? errors[name]}
      value={values[name] ?? field.default}
      onChange={(value) => onChange({ ...values, [name]: value })}
    />
  ))
}

/** The desk's own words for a field, else the schema's: a key of the catalogue or a plain text. */
function useSchemaWords(channel: string) {
  const { t, i18n } = useTranslation()
  return (name: string, part: 'title' | 'description', given: string | undefined): string | undefined => {
    const own = `channel.${channel}.${name}.${part}`
    if (i18n.exists(own)) return t(own)
    if (given && i18n.exists(given)) return t(given)
    return given?.includes(' ') || (given && !given.includes('.')) ? given : undefined
  }
}

interface FieldProps {
  field: SchemaField
  label: string
  description?: string
  required: boolean
  error?: string
  value: unknown
  onChange: (value: unknown) => void
}

function Field({ field, value, onChange, ...rest }: FieldProps) {
  const text = typeof value === 'string' ? value : ''
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
        onChange={(next) => onChange(next === '' ? undefined : Number(next))}
      />
    )
  }
  if (field.type === 'array') return <TagsInput {...rest} value={Array.isArray(value) ? value.map(String) : []} onChange={onChange} />
  if (field.enum) return <Select {...rest} data={field.enum} value={text || null} onChange={(next) => onChange(next ?? undefined)} />
  if (field.secret) {
    return <PasswordInput {...rest} autoComplete="off" value={text} onChange={(event) => onChange(event.currentTarget.value || undefined)} />
  }
  if (field.multiline) {
    return <Textarea {...rest} autosize minRows={2} value={text} onChange={(event) => onChange(event.currentTarget.value || undefined)} />
  }
  return <TextInput {...rest} type={field.format === 'uri' ? 'url' : 'text'} value={text} onChange={(event) => onChange(event.currentTarget.value || undefined)} />
}
