// The sentence that says where the text goes, to which message it answers, until when, and what it means there.
import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { ConversationDetail, Visibility } from '../../../lib/api/types'
import type { Target } from '../hooks/reply-target'
import classes from './composer.module.css'
import { ReplyWindow } from './reply-window'

interface Props {
  conversation: ConversationDetail
  visibility: Visibility
  target: Target
  chosen: boolean
  onClear: () => void
  /** Takes an approved text instead, where nothing else goes out. */
  onTemplate?: () => void
}

export function ComposerTarget({ conversation, visibility, target, chosen, onClear, onTemplate }: Props) {
  const { t, i18n } = useTranslation()
  const { account, to, answers, blocked, capability, reason, shown } = target
  const inbox = conversation.inbox.name
  const why = reason && i18n.exists(reason) ? t(reason) : (reason ?? t('desk.composer.no_reason'))
  return (
    <div className={classes.target}>
      <span className={classes.goes}>
        {shown === 'note'
          ? t('desk.composer.goes.note')
          : t(`desk.composer.goes.${shown}${account === inbox ? '_there' : ''}${to ? '' : '_to_nobody'}`, { inbox, account, to })}
      </span>
      {capability?.until && !blocked && <ReplyWindow until={capability.until} />}
      {capability?.hand_over && !blocked && (
        <p className={classes.means}>{t(`desk.composer.hand_over.${capability.hand_over}`, { to: to ?? t('desk.composer.the_person') })}</p>
      )}
      {answers && (chosen || conversation.voices > 1) && (
        <span className={classes.answers}>
          <span>{t('desk.composer.answers', { text: answers.body.slice(0, 120) })}</span>
          {chosen && <button type="button" onClick={onClear}>{t('desk.composer.answer_newest')}</button>}
        </span>
      )}
      {blocked && (
        <div className={classes.blocked}>
          <p role="alert">
            {blocked === 'no_such'
              ? t(`desk.composer.cannot.${visibility}`, { name: inbox })
              : t('desk.composer.closed', { why })}
          </p>
          {onTemplate && (
            <p>
              {t('desk.composer.template.why')} <Button size="compact-sm" variant="default" onClick={onTemplate}>{t('desk.composer.template.choose')}</Button>
            </p>
          )}
        </div>
      )}
    </div>
  )
}
