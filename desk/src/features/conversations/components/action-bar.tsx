// The buttons of a conversation, each with its key: owner, status, snooze, tag, priority, and the rest in a menu.
import { Button, Menu } from '@mantine/core'
import IconCheck from '@tabler/icons-react/dist/esm/icons/IconCheck.mjs'
import IconDots from '@tabler/icons-react/dist/esm/icons/IconDots.mjs'
import IconRotate from '@tabler/icons-react/dist/esm/icons/IconRotate.mjs'
import IconUser from '@tabler/icons-react/dist/esm/icons/IconUser.mjs'
import IconUsers from '@tabler/icons-react/dist/esm/icons/IconUsers.mjs'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../../../components/icon-button'
import { Picker } from '../../../components/picker'
import { useAgents, useTeams } from '../../../lib/api/directory'
import { useAgent } from '../../../lib/api/session'
import type { ConversationDetail, Message } from '../../../lib/api/types'
import { useShortcut } from '../../../lib/shortcuts/use-shortcut'
import { useMarkRead } from '../api/mark-read'
import { useCallInboxes } from '../api/note-call'
import { useActions } from '../hooks/use-actions'
import classes from './action-bar.module.css'
import { CallDialog } from './call-dialog'
import { JoinDialog } from './join-dialog'
import { SnoozePicker } from './snooze-picker'
import { SplitDialog } from './split-dialog'

interface Props { conversation: ConversationDetail; messages: Message[]; onOpen: (id: string) => void }

export function ActionBar({ conversation, messages, onOpen }: Props) {
  const { t } = useTranslation()
  const me = useAgent()
  const actions = useActions()
  const markRead = useMarkRead()
  const takesCalls = useCallInboxes(conversation.brand.id).length > 0
  const [dialog, setDialog] = useState<'join' | 'split' | 'call' | null>(null)
  const resolved = conversation.status === 'resolved'
  const toggleResolved = () => void actions.setStatus(conversation, resolved ? 'open' : 'resolved')
  useShortcut('resolve', toggleResolved)
  useShortcut('assign_me', () => void actions.assign(conversation, { agent: me }))
  useShortcut('unread', () => void markRead(conversation, false))

  return (
    <div className={classes.bar} role="toolbar" aria-label={t('desk.conversation.actions')}>
      <span className={classes.status} data-status={conversation.status}>
        {t(`desk.status.${conversation.status}`)}
      </span>
      <OwnerPicker conversation={conversation} />
      <span className={classes.rest}>
        <SnoozePicker conversation={conversation} />
        <Menu position="bottom-end" width={250}>
          <Menu.Target>
            <IconButton label={t('desk.conversation.more')}>
              <IconDots size={18} stroke={1.8} aria-hidden="true" />
            </IconButton>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => void actions.setStatus(conversation, 'waiting')}>{t('desk.act.set_waiting')}</Menu.Item>
            <Menu.Item onClick={() => void actions.noAnswerNeeded(conversation)}>{t('desk.act.no_answer_needed')}</Menu.Item>
            <Menu.Item onClick={() => void markRead(conversation, false)}>{t('desk.act.mark_unread')}</Menu.Item>
            {takesCalls && !conversation.joined_into && <Menu.Item onClick={() => setDialog('call')}>{t('desk.call.act')}</Menu.Item>}
            <Menu.Divider />
            <Menu.Item onClick={() => setDialog('split')}>{t('desk.act.split')}</Menu.Item>
            {conversation.joined_into ? (
              <Menu.Item onClick={() => void actions.unjoin(conversation)}>{t('desk.act.unjoin')}</Menu.Item>
            ) : (
              <Menu.Item onClick={() => setDialog('join')}>{t('desk.act.join')}</Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
        <Button
          size="compact-md"
          variant={resolved ? 'default' : 'light'}
          leftSection={resolved ? <IconRotate size={16} aria-hidden="true" /> : <IconCheck size={16} aria-hidden="true" />}
          onClick={toggleResolved}
        >
          {t(resolved ? 'desk.act.reopen' : 'desk.act.resolve')}
        </Button>
      </span>
      {dialog === 'join' && <JoinDialog conversation={conversation} onClose={() => setDialog(null)} onOpen={onOpen} />}
      {dialog === 'call' && <CallDialog conversation={conversation} onClose={() => setDialog(null)} onOpen={onOpen} />}
      {dialog === 'split' && <SplitDialog conversation={conversation} messages={messages} onClose={() => setDialog(null)} onOpen={onOpen} />}
    </div>
  )
}

function OwnerPicker({ conversation }: { conversation: ConversationDetail }) {
  const { t } = useTranslation()
  const me = useAgent()
  const agents = useAgents()
  const teams = useTeams()
  const { assign } = useActions()
  const [opened, setOpened] = useState(false)
  useShortcut('assign_other', () => setOpened(true))
  const { assignee, team } = conversation
  const choices = [
    ...(assignee ? [{ id: 'none', label: t('desk.assign.release'), sign: <IconUser size={16} aria-hidden="true" /> }] : []),
    { id: `agent:${me.id}`, label: t('desk.assign.me'), hint: me.name, sign: <IconUser size={16} aria-hidden="true" /> },
    ...agents
      .filter((agent) => agent.id !== me.id && !agent.disabled_at)
      .map((agent) => ({ id: `agent:${agent.id}`, label: agent.name, group: t('desk.assign.people'), sign: <IconUser size={16} aria-hidden="true" /> })),
    ...teams.map((item) => ({ id: `team:${item.id}`, label: item.name, group: t('desk.assign.teams'), sign: <IconUsers size={16} aria-hidden="true" /> })),
  ]
  const choose = (id: string) => {
    if (id === 'none') return void assign(conversation, null)
    const wanted = id.slice(id.indexOf(':') + 1)
    const agent = id.startsWith('agent:') && (wanted === me.id ? me : agents.find((item) => item.id === wanted))
    const toTeam = id.startsWith('team:') && teams.find((item) => item.id === wanted)
    if (agent) void assign(conversation, { agent: { id: agent.id, name: agent.name } })
    else if (toTeam) void assign(conversation, { team: { id: toTeam.id, name: toTeam.name } })
  }
  return (
    <Picker
      label={t('desk.assign.label')}
      choices={choices}
      chosen={assignee ? [`agent:${assignee.id}`] : []}
      opened={opened}
      onOpen={setOpened}
      onChoose={choose}
    >
      <button type="button" className={classes.owner} onClick={() => setOpened(!opened)} aria-expanded={opened} aria-haspopup="dialog">
        <IconUser size={15} stroke={1.8} aria-hidden="true" />
        <span data-nobody={!assignee || undefined}>{assignee?.name ?? t('desk.assign.nobody')}</span>
        {team && <span className={classes.team}>{team.name}</span>}
      </button>
    </Picker>
  )
}

