// The sentence that says where the text goes, and to which message it answers.
import { useTranslation } from 'react-i18next'
import type { ConversationDetail, Visibility } from '../../../lib/api/types'
import type { Target } from '../hooks/reply-target'
import classes from './composer.module.css'

interface Props {
  conversation: ConversationDetail
  visibility: Visibility
  target: Target
  chosen: boolean
  onClear: () => void
}

export function ComposerTarget({ conversation, visibility, target, chosen, onClear }: Props) {
  const { t, i18n } = useTranslation()
  const { account, to, answers, blocked, capability } = target
  const inbox = conversation.inbox.name
  const why = () => {
    const reason = capability?.reason
    if (!reason) return t('desk.composer.no_reason')
    return i18n.exists(reason) ? t(reason) : reason
  }
  return (
    <div className={classes.target}>
      <span>
        {visibility === 'note'
          ? t('desk.composer.goes.note')
          : t(`desk.composer.goes.${visibility}${account === inbox ? '_there' : ''}${to ? '' : '_to_nobody'}`, { inbox, account, to })}
      </span>
      {answers && (chosen || conversation.voices > 1) && (
        <span className={classes.answers}>
          <span>{t('desk.composer.answers', { text: answers.body.slice(0, 120) })}</span>
          {chosen && <button type="button" onClick={onClear}>{t('desk.composer.answer_newest')}</button>}
        </span>
      )}
      {blocked && (
        <p className={classes.blocked} role="alert">
          {blocked === 'no_such'
            ? t(`desk.composer.cannot.${visibility}`, { name: inbox })
            : t('desk.composer.closed', { why: why() })}
        </p>
      )}
    </div>
  )
}
