// The rarer things about one message: reactions, hiding, its four times, its place at the network, copying, changing, taking back.
import { Menu, Modal } from '@mantine/core'
import IconDots from '@tabler/icons-react/dist/esm/icons/IconDots.mjs'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Confirm } from '../../../components/confirm'
import { LightButton } from '../../../components/icon-button'
import { KeyHint } from '../../../components/key-hint'
import type { ConversationDetail, Message } from '../../../lib/api/types'
import { formatExact } from '../../../lib/format/time'
import { say } from '../../../lib/toast'
import { useChangeMessage } from '../api/change-message'
import { useActions } from '../hooks/use-actions'
import { findAbilities, isOurs, useMessageActs } from '../hooks/use-message-acts'
import classes from './message-parts.module.css'

interface Props { message: Message; conversation: ConversationDetail; onEdit: () => void }

export const REACTIONS = ['like', 'love', 'thanks'] as const

export function MessageMenu({ message, conversation, onEdit }: Props) {
  const { t } = useTranslation()
  const change = useChangeMessage()
  const acts = useMessageActs()
  const { split } = useActions()
  const [armed, setArmed] = useState(false)
  const [dialog, setDialog] = useState<'times' | 'delete' | null>(null)
  const sign = <IconDots size={17} stroke={1.8} aria-hidden="true" />
  // Hundreds of messages, one menu: it is made when somebody asks for it.
  if (!armed) return <LightButton label={t('desk.message.more')} popup onClick={() => setArmed(true)}>{sign}</LightButton>
  const note = message.visibility === 'note'
  const ours = message.direction === 'out'
  const able = note ? null : conversation.capabilities?.[message.visibility === 'public' ? 'public' : 'private']
  const can = findAbilities(conversation, message)
  const out = message.delivery?.state === 'sent' && message.deleted_at === null
  return (
    <>
      <Menu position="bottom-end" width={240} defaultOpened>
        <Menu.Target>
          <LightButton label={t('desk.message.more')} popup>{sign}</LightButton>
        </Menu.Target>
        <Menu.Dropdown>
          {can.react && REACTIONS.map((kind) => (
            <Menu.Item key={kind} rightSection={kind === 'like' ? <KeyHint id="like" /> : undefined} onClick={() => void acts.react(conversation.id, message, kind)}>
              {t(`desk.reaction.${isOurs(message, kind) ? 'back' : 'act'}.${kind}`)}
            </Menu.Item>
          ))}
          {can.hide && (
            <Menu.Item rightSection={<KeyHint id="hide" />} onClick={() => void acts.hide(conversation.id, message, !message.hidden_at)}>
              {t(message.hidden_at ? 'desk.message.unhide' : 'desk.message.hide', { name: message.inbox.name })}
            </Menu.Item>
          )}
          <Menu.Item onClick={() => void navigator.clipboard?.writeText(message.body).then(() => say(t('desk.did.copied')))}>
            {t('desk.message.copy')}
          </Menu.Item>
          {message.url && (
            <Menu.Item component="a" href={message.url} target="_blank" rel="noreferrer noopener">
              {t('desk.message.at_the_network', { name: message.inbox.name })}
            </Menu.Item>
          )}
          {!ours && conversation.message_count > 1 && (
            <Menu.Item onClick={() => void split(conversation, [message.id])}>{t('desk.message.split')}</Menu.Item>
          )}
          <Menu.Item onClick={() => setDialog('times')}>{t('desk.message.times')}</Menu.Item>
          {ours && out && able?.edit && <Menu.Item onClick={onEdit}>{t('desk.message.edit')}</Menu.Item>}
          {ours && out && able?.delete && (
            <Menu.Item c="var(--danger)" onClick={() => setDialog('delete')}>{t('desk.message.delete')}</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {dialog === 'times' && <Times message={message} onClose={() => setDialog(null)} />}
      {dialog === 'delete' && (
        <Confirm
          title={t('desk.message.delete')}
          text={t('desk.message.delete_text', { name: message.inbox.name })}
          act={t('desk.message.delete_act')}
          onClose={() => setDialog(null)}
          onConfirm={() => change(conversation.id, message.id, { verb: 'delete' })}
        />
      )}
    </>
  )
}

function Times({ message, onClose }: { message: Message; onClose: () => void }) {
  const { t, i18n } = useTranslation()
  const times = {
    platform_at: message.platform_at,
    received_at: message.received_at,
    stored_at: message.stored_at,
    sent_at: message.delivery?.sent_at ?? null,
    edited_at: message.edited_at,
    deleted_at: message.deleted_at,
  }
  return (
    <Modal opened onClose={onClose} title={t('desk.message.times')} size="sm" closeButtonProps={{ 'aria-label': t('desk.act.close') }}>
      <dl className={classes.times}>
        {Object.entries(times).map(([name, at]) => at && (
          <div key={name}>
            <dt>{t(`desk.time.${name}`)}</dt>
            <dd className="tabular">{formatExact(i18n.language, at)}</dd>
          </div>
        ))}
        {message.network_id && <div><dt>{t('desk.message.network_id')}</dt><dd>{message.network_id}</dd></div>}
      </dl>
    </Modal>
  )
}
