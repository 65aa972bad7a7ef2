// Our own post above the party's words: shared context, shown once on top, foldable.
import IconSpeakerphone from '@tabler/icons-react/dist/esm/icons/IconSpeakerphone.mjs'
import { useTranslation } from 'react-i18next'
import { Figures } from '../../../components/figures'
import { Moment } from '../../../components/moment'
import type { Message } from '../../../lib/api/types'
import classes from './conversation-pane.module.css'
import { Linked } from './linked'

export function SharedPost({ post }: { post: Message }) {
  const { t } = useTranslation()
  return (
    <details className={classes.post} open>
      <summary>
        <IconSpeakerphone size={16} stroke={1.7} aria-hidden="true" />
        <span>
          {t('desk.conversation.below_our_post')} <strong>{post.author.name ?? post.inbox.name}</strong>
        </span>
        <Moment at={post.platform_at} />
      </summary>
      {!post.deleted_at && post.title && <strong>{post.title}</strong>}
      <p>{post.deleted_at ? t('desk.message.deleted') : <Linked text={post.body} />}</p>
      {!post.deleted_at && <Figures figures={post.figures} />}
      {post.url && (
        <a href={post.url} target="_blank" rel="noreferrer noopener">
          {t('desk.message.at_the_network', { name: post.inbox.name })}
        </a>
      )}
    </details>
  )
}
