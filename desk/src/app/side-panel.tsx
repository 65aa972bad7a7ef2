// The right panel: what the matter is and who the person is. Beside the conversation, or over it where space is short.
import { useQuery } from '@tanstack/react-query'
import IconX from '@tabler/icons-react/dist/esm/icons/IconX.mjs'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../components/icon-button'
import { ContactPanel } from '../features/contacts/components/contact-panel'
import { conversationQuery } from '../features/conversations/api/find-conversation'
import { MatterPanel } from '../features/conversations/components/matter-panel'
import { runShortcut, useShortcut } from '../lib/shortcuts/use-shortcut'
import { isWide, panelStore, togglePanel } from './panel'
import classes from './working-screen.module.css'

interface Props { conversationId: string; open: boolean; hrefFor: (id: string) => string; onOpen: (id: string) => void }

export function SidePanel({ conversationId, open, hrefFor, onOpen }: Props) {
  const { t } = useTranslation()
  const { data: conversation } = useQuery(conversationQuery(conversationId))
  const openFor = (id: 'tag' | 'priority') => (event: KeyboardEvent) => {
    panelStore.write(true)
    setTimeout(() => runShortcut(id, event), 60)
  }
  useShortcut('tag', openFor('tag'), !open)
  useShortcut('priority', openFor('priority'), !open)
  useShortcut('back', () => (isWide() ? false : togglePanel()), open)
  if (!open || !conversation) return null
  return (
    <aside className={classes.panel} aria-label={t('desk.panel.label')}>
      <div className={classes.panel_close}>
        <IconButton label={t('desk.act.close')} onClick={togglePanel}>
          <IconX size={19} aria-hidden="true" />
        </IconButton>
      </div>
      <MatterPanel conversation={conversation} />
      {conversation.contact && (
        <ContactPanel key={conversation.contact.id} contactId={conversation.contact.id} conversationId={conversationId} hrefFor={hrefFor} onOpen={onOpen} />
      )}
    </aside>
  )
}
