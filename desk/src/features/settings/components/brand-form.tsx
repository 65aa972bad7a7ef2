// One brand: name, voice, languages, colour, signature, the links the law asks for, and the hours we are there.
import { Checkbox, ColorInput, MultiSelect, SegmentedControl, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Brand, BusinessHours } from '../../../lib/api/types'
import { useChangeSetting } from '../api/change-setting'
import { useForm } from '../hooks/use-form'
import { FormDialog } from './form-dialog'
import classes from './settings.module.css'

const DAYS = [1, 2, 3, 4, 5, 6, 7]
const MONDAY = Date.UTC(2026, 0, 5)

export function BrandForm({ brand, onClose }: { brand: Brand | null; onClose: () => void }) {
  const { t } = useTranslation()
  const { save } = useChangeSetting<Brand>('brands')
  const form = useForm(
    {
      name: brand?.name ?? '',
      slug: brand?.slug ?? '',
      voice: brand?.voice ?? 'sie',
      languages: brand?.languages ?? ['de'],
      colour: brand?.colour ?? '#0f6570',
      signature: brand?.signature ?? '',
      imprint_url: brand?.imprint_url ?? '',
      privacy_url: brand?.privacy_url ?? '',
      hours: brand?.hours ?? DAYS.slice(0, 5).map((day) => ({ day, open: '08:00', close: '18:00' })),
      time_zone: brand?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      hours_note: brand?.hours_note ?? '',
    },
    async (values) => {
      const orNull = (text: string) => text.trim() || null
      await save(brand, {
        ...values,
        slug: values.slug.trim() || values.name.trim().toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, ''),
        signature: orNull(values.signature),
        imprint_url: orNull(values.imprint_url),
        privacy_url: orNull(values.privacy_url),
        hours_note: orNull(values.hours_note),
      })
      onClose()
    },
  )
  const { values, set, errors } = form
  const text = (key: 'name' | 'slug' | 'signature' | 'imprint_url' | 'privacy_url' | 'hours_note' | 'time_zone', required = false) => (
    <TextInput
      label={t(`desk.field.${key}`)}
      required={required}
      error={errors[key]}
      value={values[key]}
      onChange={(event) => set(key, event.currentTarget.value)}
    />
  )
  return (
    <FormDialog title={brand?.name ?? t('desk.settings.add.brands')} form={form} onClose={onClose} size="lg">
      <div className={classes.pair}>{text('name', true)}{text('slug')}</div>
      <div>
        <p className={classes.legend}>{t('desk.field.voice')}</p>
        <SegmentedControl
          aria-label={t('desk.field.voice')}
          data={(['sie', 'du'] as const).map((value) => ({ value, label: t(`desk.voice.${value}`) }))}
          value={values.voice}
          onChange={(voice) => set('voice', voice as Brand['voice'])}
        />
      </div>
      <div className={classes.pair}>
        <MultiSelect
          label={t('desk.field.languages')}
          data={(['de', 'en'] as const).map((value) => ({ value, label: t(`desk.language.${value}`) }))}
          value={values.languages}
          onChange={(languages) => set('languages', languages)}
        />
        <ColorInput eyeDropperButtonProps={{ 'aria-label': t('desk.field.pick_colour') }} label={t('desk.field.colour')} value={values.colour} onChange={(colour) => set('colour', colour)} error={errors.colour} />
      </div>
      {text('signature')}
      <div className={classes.pair}>{text('imprint_url')}{text('privacy_url')}</div>
      <Hours hours={values.hours} onChange={(hours) => set('hours', hours)} />
      <div className={classes.pair}>{text('time_zone', true)}{text('hours_note')}</div>
    </FormDialog>
  )
}

function Hours({ hours, onChange }: { hours: BusinessHours[]; onChange: (hours: BusinessHours[]) => void }) {
  const { t, i18n } = useTranslation()
  const name = (day: number) => new Intl.DateTimeFormat(i18n.language, { weekday: 'short', timeZone: 'UTC' }).format(MONDAY + (day - 1) * 86_400_000)
  const at = (day: number) => hours.find((item) => item.day === day)
  const put = (day: number, part: Partial<BusinessHours> | null) => {
    const rest = hours.filter((item) => item.day !== day)
    const next = part === null ? rest : [...rest, { day, open: '08:00', close: '18:00', ...at(day), ...part }]
    onChange(next.toSorted((one, other) => one.day - other.day))
  }
  return (
    <fieldset className={classes.fieldset}>
      <legend className={classes.legend}>{t('desk.field.hours')}</legend>
      <div className={classes.hours}>
        {DAYS.map((day) => {
          const open = at(day)
          return (
            <div key={day} style={{ display: 'contents' }}>
              <Checkbox label={name(day)} checked={open !== undefined} onChange={(event) => put(day, event.currentTarget.checked ? {} : null)} />
              <span>
                {open ? (
                  <>
                    <input type="time" aria-label={t('desk.field.opens', { day: name(day) })} value={open.open} onChange={(event) => put(day, { open: event.currentTarget.value })} />{' – '}
                    <input type="time" aria-label={t('desk.field.closes', { day: name(day) })} value={open.close} onChange={(event) => put(day, { close: event.currentTarget.value })} />
                  </>
                ) : (
                  <span className={classes.soft}>{t('desk.field.closed')}</span>
                )}
              </span>
            </div>
          )
        })}
      </div>
    </fieldset>
  )
}
