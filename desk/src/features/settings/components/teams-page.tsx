// Teams: who shares a queue, and the name answers are signed with.
import { MultiSelect, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { teamsQuery, useAgents } from '../../../lib/api/directory'
import type { Team } from '../../../lib/api/types'
import { useChangeSetting } from '../api/change-setting'
import { useForm } from '../hooks/use-form'
import { CollectionPage } from './collection-page'
import { FormDialog } from './form-dialog'
import { RowActions } from './row-actions'
import classes from './settings.module.css'

const KINDS = ['staff', 'super_users', 'agency'] as const

export function TeamsPage() {
  const { t } = useTranslation()
  const query = useQuery(teamsQuery)
  const agents = useAgents()
  const { remove } = useChangeSetting<Team>('teams')
  const [editing, setEditing] = useState<Team | 'new' | null>(null)
  const names = (team: Team) => team.members.map((id) => agents.find((agent) => agent.id === id)?.name).filter(Boolean).join(', ')
  return (
    <>
      <CollectionPage name="teams" columns={['name', 'team_kind', 'members', 'signature']} query={query} count={query.data?.length ?? 0} onAdd={() => setEditing('new')}>
        {query.data?.map((team) => (
          <tr key={team.id}>
            <td><span className={classes.named}>{team.name}</span></td>
            <td className={classes.plain}>{t(`desk.team_kind.${team.kind}`)}</td>
            <td data-none={names(team) === '' || undefined}>{names(team) || '–'}</td>
            <td data-none={!team.signature || undefined}>{team.signature || '–'}</td>
            <td><RowActions name={team.name} onEdit={() => setEditing(team)} onDelete={() => remove(team)} /></td>
          </tr>
        ))}
      </CollectionPage>
      {editing && <TeamForm team={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </>
  )
}

function TeamForm({ team, onClose }: { team: Team | null; onClose: () => void }) {
  const { t } = useTranslation()
  const agents = useAgents()
  const { save, refresh } = useChangeSetting<Team>('teams')
  const form = useForm(
    { name: team?.name ?? '', kind: team?.kind ?? 'staff', signature: team?.signature ?? '', members: team?.members ?? [] },
    async (values) => {
      await save(team, { ...values, signature: values.signature.trim() || null })
      await refresh()
      onClose()
    },
  )
  const { values, set, errors } = form
  return (
    <FormDialog title={team?.name ?? t('desk.settings.add.teams')} form={form} onClose={onClose}>
      <TextInput label={t('desk.field.name')} required data-autofocus error={errors.name} value={values.name} onChange={(event) => set('name', event.currentTarget.value)} />
      <Select label={t('desk.field.team_kind')} allowDeselect={false} data={KINDS.map((value) => ({ value, label: t(`desk.team_kind.${value}`) }))} value={values.kind} onChange={(kind) => kind && set('kind', kind as Team['kind'])} />
      <MultiSelect label={t('desk.field.members')} searchable data={agents.map(({ id, name }) => ({ value: id, label: name }))} value={values.members} onChange={(members) => set('members', members)} />
      <TextInput label={t('desk.field.signature')} description={t('desk.field.signature_text')} value={values.signature} onChange={(event) => set('signature', event.currentTarget.value)} />
    </FormDialog>
  )
}
