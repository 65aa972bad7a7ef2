// Where one writes: tab and edge say public, private or note, a sentence says where it goes, the button says it again.
import { Button } from '@mantine/core'
import IconClockShare from '@tabler/icons-react/dist/esm/icons/IconClockShare.mjs'
import { type KeyboardEvent, lazy, Suspense, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { AttachButton } from '../../../components/attach-button'
import { UploadStrip } from '../../../components/upload-strip'
import { useFileDrop } from '../../../components/use-file-drop'
import type { ConversationDetail, Message } from '../../../lib/api/types'
import { isApple } from '../../../lib/shortcuts/keymap'
import { useShortcut } from '../../../lib/shortcuts/use-shortcut'
import { useComposer } from '../hooks/use-composer'
import { ComposerGate } from './composer-gate'
import { ComposerHealth } from './composer-health'
import { ComposerLength } from './composer-length'
import { ComposerTabs } from './composer-tabs'
import { ComposerTarget } from './composer-target'
import classes from './composer.module.css'
import { MentionList, useMention } from './mention-list'
import { TimePicker } from './time-picker'

const TemplateForm = lazy(() => import('./template-form').then(({ TemplateForm: component }) => ({ default: component })))

interface Props { conversation: ConversationDetail; messages: Message[] }

export function Composer({ conversation, messages }: Props) {
  const { t, i18n } = useTranslation()
  const field = useRef<HTMLTextAreaElement>(null)
  const composer = useComposer(conversation, messages, field)
  const { visibility, writing, target, measured, template, templated, ready, trouble, uploads } = composer
  /** What leads into private is read by all, and looks like it. */
  const tint = target.shown === 'link' ? 'public' : visibility
  const mention = useMention(field, writing.body, composer.agents, visibility === 'note', composer.write)
  const { dragging, place } = useFileDrop(uploads.add)
  const focus = () => field.current?.focus()
  useShortcut('reply_public', () => { composer.turn('public', focusedMessage()); focus() })
  useShortcut('reply_private', () => { composer.turn('private', focusedMessage()); focus() })
  useShortcut('note', () => { composer.turn('note'); focus() })

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return
    if (mention.onKeyDown(event)) return
    const mod = isApple ? event.metaKey : event.ctrlKey
    if (event.key === 'Enter' && mod) {
      event.preventDefault()
      void composer.submit(event.shiftKey)
    } else if (event.key === 'Escape') {
      event.stopPropagation()
      event.currentTarget.closest('main')?.focus()
    }
  }
  return (
    <section
      className={classes.composer}
      data-visibility={tint}
      data-dragging={dragging || undefined}
      aria-label={t('desk.composer.region')}
      {...place}
    >
      <MentionList mention={mention} />
      <ComposerTabs conversation={conversation} visibility={visibility} onTurn={(to) => { composer.turn(to); focus() }} />
      <ComposerTarget conversation={conversation} visibility={visibility} target={target} chosen={writing.in_reply_to !== null} onClear={() => composer.change({ in_reply_to: null })} onTemplate={target.templates && !templated ? template.open : undefined} />
      {visibility !== 'note' && <ComposerHealth inboxId={conversation.inbox.id} />}
      {templated ? <Suspense fallback={null}><TemplateForm template={template} language={i18n.language} /></Suspense> : (
        <div className={classes.grow} data-text={`${writing.body}\n`}>
          <textarea
            ref={field}
            value={writing.body}
            rows={1}
            placeholder={t(`desk.composer.placeholder.${tint}`)}
            aria-label={t(`desk.composer.label.${tint}`)}
            aria-invalid={measured?.over ? true : undefined}
            onChange={(event) => composer.write(event.currentTarget.value)}
            onKeyDown={onKeyDown}
            onSelect={mention.onSelect}
            onBlur={mention.close}
          />
        </div>
      )}
      {conversation.signature && visibility !== 'note' && !templated && <p className={classes.signature} title={t('desk.composer.signature')}>{conversation.signature}</p>}
      <div className={classes.files}><UploadStrip uploads={uploads} /></div>
      {trouble && <p className={classes.trouble} role="alert">{trouble}</p>}
      <footer className={classes.foot}>
        {visibility !== 'note' && !templated && <AttachButton onFiles={uploads.add} />}
        <ComposerLength measured={(templated ? template.body : writing.body) === '' ? null : measured} />
        {visibility !== 'note' && (
          <TimePicker
            label={t('desk.composer.later')}
            ask={t('desk.composer.later_at')}
            disabled={!ready}
            latest={templated ? null : (target.capability?.until ?? null)}
            sign={<IconClockShare size={18} stroke={1.7} aria-hidden="true" />}
            onChoose={(at) => void composer.submit(false, false, at)}
          />
        )}
        {visibility !== 'note' && (
          <Button variant="subtle" color="gray" size="compact-md" className={classes.second} disabled={!ready} onClick={() => void composer.submit(true)} aria-keyshortcuts="Control+Shift+Enter">
            {t('desk.composer.send_and_resolve')}
          </Button>
        )}
        <Button size="compact-md" className={classes.send} data-visibility={tint} disabled={!ready} onClick={() => void composer.submit(false)} aria-keyshortcuts="Control+Enter">
          {t(`desk.composer.send.${templated ? 'template' : target.shown}`)}
        </Button>
      </footer>
      {composer.gated && (
        <ComposerGate count={composer.meanwhile} onLook={composer.closeGate} onSend={() => void composer.submit(false, true)} />
      )}
    </section>
  )
}

/** The message that has the focus: answering by key means this one. */
function focusedMessage(): string | null {
  return document.activeElement?.closest('article')?.id.replace('message-', '') ?? null
}
