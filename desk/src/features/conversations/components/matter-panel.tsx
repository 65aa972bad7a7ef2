// What the matter is: kind, priority, tags. The panel's first part; the person behind it is the contact's.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Picker } from '../../../components/picker'
import { useTags } from '../../../lib/api/directory'
import type { ConversationDetail, Kind, Priority } from '../../../lib/api/types'
import { formatMinute } from '../../../lib/format/time'
import { useShortcut } from '../../../lib/shortcuts/use-shortcut'
import { KINDS, PRIORITIES } from '../hooks/use-filter-choices'
import { useActions } from '../hooks/use-actions'
import classes from './matter-panel.module.css'

export function MatterPanel({ conversation }: { conversation: ConversationDetail }) {
  const { t, i18n } = useTranslation()
  const actions = useActions()
  const known = useTags()
  const [open, setOpen] = useState<'kind' | 'priority' | 'tag' | null>(null)
  useShortcut('tag', () => setOpen('tag'))
  useShortcut('priority', () => setOpen('priority'))
  const toggle = (which: typeof open) => setOpen(open === which ? null : which)
  const close = (opened: boolean) => { if (!opened) setOpen(null) }
  const { kind, priority, tags } = conversation
  return (
    <section className={classes.matter} aria-label={t('desk.matter.title')}>
      <h2>{t('desk.matter.title')}</h2>
      <div className={classes.line}>
        <span className={classes.label}>{t('desk.filter.kind')}</span>
        <Picker
          label={t('desk.filter.kind')}
          choices={[...KINDS.map((id) => ({ id, label: t(`desk.kind.${id}`) })), ...(kind ? [{ id: 'none', label: t('desk.matter.no_kind') }] : [])]}
          chosen={kind ? [kind] : []}
          opened={open === 'kind'}
          onOpen={close}
          onChoose={(id) => void actions.setKind(conversation, id === 'none' ? null : (id as Kind))}
        >
          <button type="button" className={classes.value} onClick={() => toggle('kind')} aria-haspopup="dialog" aria-expanded={open === 'kind'}>
            {kind ? t(`desk.kind.${kind}`) : <em>{t('desk.matter.no_kind')}</em>}
          </button>
        </Picker>
      </div>
      <div className={classes.line}>
        <span className={classes.label}>{t('desk.filter.priority')}</span>
        <Picker
          label={t('desk.filter.priority')}
          choices={PRIORITIES.map((id) => ({ id, label: t(`desk.priority.${id}`) }))}
          chosen={[priority]}
          opened={open === 'priority'}
          onOpen={close}
          onChoose={(id) => void actions.setPriority(conversation, id as Priority)}
        >
          <button type="button" className={classes.value} data-priority={priority} onClick={() => toggle('priority')} aria-haspopup="dialog" aria-expanded={open === 'priority'}>
            {t(`desk.priority.${priority}`)}
          </button>
        </Picker>
      </div>
      <div className={classes.line}>
        <span className={classes.label}>{t('desk.filter.tag')}</span>
        <span className={classes.tags}>
          {tags.map((tag) => (
            <span key={tag.id} className={classes.tag} style={tag.colour ? ({ '--dot': tag.colour } as object) : undefined}>
              {tag.name}
              <button type="button" aria-label={t('desk.matter.remove_tag', { name: tag.name })} onClick={() => void actions.switchTag(conversation, tag.name)}>×</button>
            </span>
          ))}
          <Picker
            label={t('desk.matter.tag')}
            choices={known.map((tag) => ({ id: tag.name, label: tag.name }))}
            chosen={tags.map((tag) => tag.name)}
            opened={open === 'tag'}
            onOpen={close}
            onChoose={(name) => void actions.switchTag(conversation, name)}
            onCreate={(name) => void actions.switchTag(conversation, name)}
            keepOpen
          >
            <button type="button" className={classes.add} onClick={() => toggle('tag')} aria-haspopup="dialog" aria-expanded={open === 'tag'}>
              + {t('desk.matter.tag')}
            </button>
          </Picker>
        </span>
      </div>
      <div className={classes.line}>
        <span className={classes.label}>{t('desk.matter.opened')}</span>
        <time dateTime={conversation.opened_at} className={classes.plain}>{formatMinute(i18n.language, conversation.opened_at)}</time>
      </div>
      {conversation.snoozed_until && conversation.status === 'snoozed' && (
        <div className={classes.line}>
          <span className={classes.label}>{t('desk.matter.snoozed_until')}</span>
          <time dateTime={conversation.snoozed_until} className={classes.plain}>{formatMinute(i18n.language, conversation.snoozed_until)}</time>
        </div>
      )}
    </section>
  )
}
