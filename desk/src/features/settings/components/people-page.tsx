// People: inviting by a link, roles, teams, closing an account.
import { MultiSelect, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import { call } from '../../../lib/api/client'
import { agentsQuery, useTeams } from '../../../lib/api/directory'
import { useAgent } from '../../../lib/api/session'
import type { Agent, Role } from '../../../lib/api/types'
import { say } from '../../../lib/toast'
import { useChangeSetting } from '../api/change-setting'
import { useForm } from '../hooks/use-form'
import { CollectionPage } from './collection-page'
import { FormDialog } from './form-dialog'
import { RowActions } from './row-actions'
import classes from './settings.module.css'
import { ShownOnce } from './shown-once'

const ROLES = ['agent', 'supervisor', 'administrator'] as const
const teamIds = (agent: Agent) => agent.teams.map((team) => team.id)

export function PeoplePage() {
  const { t } = useTranslation()
  const me = useAgent()
  const query = useQuery(agentsQuery)
  const teams = useTeams()
  const describe = useProblemText()
  const { save } = useChangeSetting<Agent>('agents')
  const [editing, setEditing] = useState<Agent | 'new' | null>(null)
  const [link, setLink] = useState<{ name: string; link: string } | null>(null)
  const invite = async (agent: Agent) => {
    try {
      const answer = await call<{ link: string }>('POST', `/agents/${agent.id}/invitation`, { body: {} })
      setLink({ name: agent.name, link: new URL(answer.link, window.location.origin).href })
    } catch (problem) {
      say(describe(problem), { tone: 'trouble' })
    }
  }
  const disable = (agent: Agent) =>
    save(agent, { disabled: agent.disabled_at === null }).catch((problem: unknown) => say(describe(problem), { tone: 'trouble' }))
  const state = (agent: Agent) => (agent.disabled_at ? 'off' : agent.invited ? 'invited' : 'active')
  return (
    <>
      <CollectionPage name="people" columns={['name', 'email', 'role', 'teams', 'state']} query={query} count={query.data?.length ?? 0} onAdd={() => setEditing('new')}>
        {query.data?.map((agent) => (
          <tr key={agent.id}>
            <td><span className={classes.named}>{agent.name}</span></td>
            <td>{agent.email}</td>
            <td>{t(`desk.role.${agent.role}`)}</td>
            <td>{teamIds(agent).map((id) => teams.find((team) => team.id === id)?.name).filter(Boolean).join(', ') || '–'}</td>
            <td><span className={classes.state} data-state={state(agent)}>{t(`desk.agent_state.${state(agent)}`)}</span></td>
            <td>
              <RowActions
                name={agent.name}
                onEdit={() => setEditing(agent)}
                more={[
                  ...(agent.disabled_at ? [] : [{ label: t(agent.invited ? 'desk.settings.invite_again' : 'desk.settings.new_link'), run: () => void invite(agent) }]),
                  ...(agent.id === me.id ? [] : [{ label: t(agent.disabled_at ? 'desk.settings.enable' : 'desk.settings.disable'), run: () => void disable(agent) }]),
                ]}
              />
            </td>
          </tr>
        ))}
      </CollectionPage>
      {editing && (
        <PersonForm
          agent={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onMade={(agent) => void invite(agent)}
        />
      )}
      {link && (
        <ShownOnce
          title={t('desk.settings.invitation', { name: link.name })}
          text={t('desk.settings.invitation_text')}
          shown={[{ label: t('desk.settings.link'), value: link.link }]}
          onClose={() => setLink(null)}
        />
      )}
    </>
  )
}

interface FormProps { agent: Agent | null; onClose: () => void; onMade: (agent: Agent) => void }

function PersonForm({ agent, onClose, onMade }: FormProps) {
  const { t } = useTranslation()
  const teams = useTeams()
  const { save } = useChangeSetting<Agent>('agents')
  const form = useForm(
    { name: agent?.name ?? '', email: agent?.email ?? '', role: agent?.role ?? ('agent' as Role), teams: agent ? teamIds(agent) : [] },
    async (values) => {
      const made = await save(agent, values)
      onClose()
      if (!agent) onMade(made)
    },
  )
  const { values, set, errors } = form
  return (
    <FormDialog title={agent?.name ?? t('desk.settings.add.people')} form={form} onClose={onClose} act={agent ? undefined : t('desk.settings.invite')}>
      <TextInput label={t('desk.field.person')} required data-autofocus error={errors.name} value={values.name} onChange={(event) => set('name', event.currentTarget.value)} />
      <TextInput label={t('desk.sign_in.email')} type="email" required error={errors.email} value={values.email} onChange={(event) => set('email', event.currentTarget.value)} />
      <Select label={t('desk.field.role')} description={t(`desk.role_text.${values.role}`)} allowDeselect={false} data={ROLES.map((value) => ({ value, label: t(`desk.role.${value}`) }))} value={values.role} onChange={(role) => role && set('role', role as Role)} />
      <MultiSelect label={t('desk.field.teams')} data={teams.map(({ id, name }) => ({ value: id, label: name }))} value={values.teams} onChange={(chosen) => set('teams', chosen)} />
    </FormDialog>
  )
}
