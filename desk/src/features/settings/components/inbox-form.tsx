// Connecting or changing an inbox: channel, name, brand, team, and the channel's own settings from its schema.
// Whoever opens a disturbed one reads first what is wrong and what helps.
import { Select, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { TroubleNotice } from '../../../components/trouble-notice'
import { useBrands, useTeams } from '../../../lib/api/directory'
import type { Channel, Inbox } from '../../../lib/api/types'
import { useChangeSetting } from '../api/change-setting'
import { useForm } from '../hooks/use-form'
import { ConnectBox } from './connect-box'
import { FormDialog } from './form-dialog'
import { cleanSettings, SchemaFields } from './schema-fields'
import classes from './settings.module.css'
import { Copyable } from './shown-once'

interface Props {
  inbox: Inbox | null
  channels: Channel[]
  /** What came of connecting it at its network's page, for whoever just comes back from there. */
  outcome: string | null
  onClose: () => void
  onMade: (inbox: Inbox) => void
  onOutcome: (inbox: Inbox, outcome: string) => void
}

export function InboxForm({ inbox, channels, outcome, onClose, onMade, onOutcome }: Props) {
  const { t, i18n } = useTranslation()
  const brands = useBrands()
  const teams = useTeams()
  const { save } = useChangeSetting<Inbox>('inboxes')
  const channelName = (item: Channel) => (i18n.exists(`desk.channel.${item.channel}`) ? t(`desk.channel.${item.channel}`) : item.channel)
  const choices = channels.map((item) => ({ value: item.channel, label: channelName(item) })).toSorted((one, other) => one.label.localeCompare(other.label, i18n.language))
  /** What is not chosen yet is the first there is; the lists may come after the form. */
  const complete = (values: { channel: string; brand: string; team: string | null | undefined }) => ({
    channel: channels.find((item) => item.channel === (values.channel || choices[0]?.value)),
    brand: values.brand || brands[0]?.id || '',
    team: values.team === undefined ? (teams[0]?.id ?? null) : values.team,
  })
  const form = useForm(
    {
      channel: inbox?.channel ?? '',
      name: inbox?.name ?? '',
      brand: inbox?.brand.id ?? '',
      team: (inbox ? (inbox.team?.id ?? null) : undefined) as string | null | undefined,
      settings: inbox?.settings ?? {},
    },
    async ({ name, settings, ...choice }) => {
      const { channel: of, brand: by, team: to } = complete(choice)
      const body = { name, settings: of ? cleanSettings(of.settings_schema, settings) : settings, brand: by, team: to }
      const made = await save(inbox, inbox ? body : { channel: of?.channel, ...body })
      onClose()
      if (!inbox) onMade(made)
    },
  )
  const { values, set, errors } = form
  const { channel, brand, team } = complete(values)
  const trouble = inbox?.health.trouble
  return (
    <FormDialog title={inbox?.name ?? t('desk.settings.add.inboxes')} form={form} onClose={onClose} size="lg">
      {trouble && <TroubleNotice trouble={trouble} boxed />}
      {inbox && <ConnectBox inbox={inbox} outcome={outcome} onOutcome={(next) => onOutcome(inbox, next)} />}
      {!inbox && (
        <Select
          label={t('desk.field.channel')}
          description={channel?.needs_public_address ? t('desk.field.needs_public_address') : undefined}
          allowDeselect={false}
          searchable
          maxDropdownHeight={320}
          data={choices}
          value={channel?.channel ?? null}
          onChange={(next) => {
            if (next) set('channel', next)
          }}
        />
      )}
      <TextInput label={t('desk.field.name')} required data-autofocus error={errors.name} value={values.name} onChange={(event) => set('name', event.currentTarget.value)} />
      <div className={classes.pair}>
        <Select label={t('desk.filter.brand')} required allowDeselect={false} error={errors.brand} data={brands.map(({ id, name }) => ({ value: id, label: name }))} value={brand} onChange={(next) => next && set('brand', next)} />
        <Select label={t('desk.filter.team')} required allowDeselect={false} error={errors.team} data={teams.map(({ id, name }) => ({ value: id, label: name }))} value={team} onChange={(next) => next && set('team', next)} />
      </div>
      {inbox?.hook_path && <Copyable label={`${t('desk.settings.hook')}. ${t('desk.settings.hook_text')}`} value={window.location.origin + inbox.hook_path} />}
      {channel && (
        <SchemaFields
          key={channel.channel}
          channel={channel.channel}
          schema={channel.settings_schema}
          values={values.settings}
          secretsSet={inbox?.secrets_set ?? []}
          optional={channel.connecting?.fills ?? []}
          errors={errors}
          onChange={(settings) => set('settings', settings)}
        />
      )}
    </FormDialog>
  )
}
