// Public, private, note: by sign, word and tint. What the channel cannot do says so.
import IconLink from '@tabler/icons-react/dist/esm/icons/IconLink.mjs'
import IconLock from '@tabler/icons-react/dist/esm/icons/IconLock.mjs'
import IconPencil from '@tabler/icons-react/dist/esm/icons/IconPencil.mjs'
import IconWorld from '@tabler/icons-react/dist/esm/icons/IconWorld.mjs'
import { useTranslation } from 'react-i18next'
import type { ConversationDetail, Visibility } from '../../../lib/api/types'
import classes from './composer.module.css'

const TABS: { visibility: Visibility; Sign: typeof IconWorld }[] = [
  { visibility: 'public', Sign: IconWorld },
  { visibility: 'private', Sign: IconLock },
  { visibility: 'note', Sign: IconPencil },
]

interface Props { conversation: ConversationDetail; visibility: Visibility; onTurn: (to: Visibility) => void }

export function ComposerTabs({ conversation, visibility, onTurn }: Props) {
  const { t } = useTranslation()
  /** What only leads into private is not called private. */
  const byLink = conversation.capabilities?.private?.hand_over === 'link'
  const can = (tab: Visibility) => tab === 'note' || Boolean(conversation.capabilities?.[tab])
  return (
    <div className={classes.tabs} role="tablist" aria-label={t('desk.composer.tabs')}>
      {TABS.map(({ visibility: tab, Sign }) => (
        <button
          key={tab}
          type="button"
          role="tab"
          className={classes.tab}
          aria-selected={tab === visibility}
          disabled={!can(tab)}
          title={can(tab) ? undefined : t(`desk.composer.cannot.${tab}`, { name: conversation.inbox.name })}
          onClick={() => onTurn(tab)}
        >
          {tab === 'private' && byLink ? <IconLink size={15} stroke={1.8} aria-hidden="true" /> : <Sign size={15} stroke={1.8} aria-hidden="true" />}
          {tab === 'private' && byLink ? t('desk.composer.by_link') : t(`desk.visibility.${tab}`)}
        </button>
      ))}
    </div>
  )
}
