// The person behind a conversation: accounts, our note, earlier conversations, and erasing.
import { Button, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ChannelGlyph } from '../../../components/channel-glyph'
import { Confirm } from '../../../components/confirm'
import { Bone, Delayed } from '../../../components/delayed'
import { Moment } from '../../../components/moment'
import { ProblemNotice } from '../../../components/problem-notice'
import { useMaySupervise } from '../../../lib/api/session'
import type { Contact, Conversation } from '../../../lib/api/types'
import { useChangeContact } from '../api/change-contact'
import { useEraseContact } from '../api/erase-contact'
import { contactQuery } from '../api/find-contact'
import classes from './contact-panel.module.css'

interface Props {
  contactId: string
  conversationId: string
  hrefFor: (id: string) => string
  onOpen: (id: string) => void
}

export function ContactPanel({ contactId, conversationId, hrefFor, onOpen }: Props) {
  const { t } = useTranslation()
  const { data: contact, error, refetch, isError } = useQuery(contactQuery(contactId))
  const maySupervise = useMaySupervise()
  const erase = useEraseContact()
  const [erasing, setErasing] = useState(false)
  if (isError && !contact) return <ProblemNotice error={error} onRetry={() => void refetch()} />
  if (!contact) {
    return (
      <Delayed>
        <div className={classes.part}><Bone width="55%" height="1.1em" /></div>
        <div className={classes.part}><Bone width="85%" /></div>
      </Delayed>
    )
  }
  const erased = contact.erased_at !== null
  const identities = erased ? [] : contact.identities
  const name = contact.name ?? identities[0]?.handle ?? t(erased ? 'desk.contact.erased' : 'desk.contact.unknown')
  return (
    <>
      <section className={classes.part} aria-label={t('desk.contact.title')}>
        <h2>{t('desk.contact.title')}</h2>
        <p className={classes.name}>{name}</p>
        <ul className={classes.identities}>
          {identities.map((identity) => (
            <li key={identity.id}>
              <ChannelGlyph inbox={identity.inbox ?? { channel: identity.channel, name: identity.channel }} size={15} />
              <span>
                {identity.handle ?? identity.name ?? identity.network_id}
                {identity.refuses_since && (
                  <span className={classes.refuses}>{t('desk.contact.refuses_since')} <Moment at={identity.refuses_since} /></span>
                )}
              </span>
            </li>
          ))}
        </ul>
        <p className={classes.seen}>
          {t('desk.contact.first_seen')} <Moment at={contact.first_seen_at} />
        </p>
      </section>
      {!erased && <NotePart key={contact.id} contact={contact} />}
      <Earlier conversations={contact.conversations.filter((item) => item.id !== conversationId)} hrefFor={hrefFor} onOpen={onOpen} />
      {maySupervise && !erased && (
        <section className={classes.part}>
          <Button size="compact-sm" variant="subtle" color="danger" className={classes.erase} onClick={() => setErasing(true)}>
            {t('desk.contact.erase')}
          </Button>
        </section>
      )}
      {erasing && (
        <Confirm
          title={t('desk.contact.erase_title', { name })}
          text={t('desk.contact.erase_text')}
          act={t('desk.contact.erase_act')}
          typed={t('desk.contact.erase_word')}
          onClose={() => setErasing(false)}
          onConfirm={() => erase(contact)}
        />
      )}
    </>
  )
}

function NotePart({ contact }: { contact: Contact }) {
  const { t } = useTranslation()
  const change = useChangeContact()
  const [note, setNote] = useState(contact.note ?? '')
  useEffect(() => setNote(contact.note ?? ''), [contact.note])
  return (
    <section className={classes.part} aria-label={t('desk.contact.note')}>
      <h2>{t('desk.contact.note')}</h2>
      <Textarea
        autosize
        minRows={1}
        maxRows={8}
        aria-label={t('desk.contact.note')}
        placeholder={t('desk.contact.note_hint')}
        classNames={{ input: classes.note }}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        onBlur={() => {
          if (note !== (contact.note ?? '')) void change(contact, { note })
        }}
      />
    </section>
  )
}

type EarlierProps = Pick<Props, 'hrefFor' | 'onOpen'> & { conversations: Conversation[] }

function Earlier({ conversations, hrefFor, onOpen }: EarlierProps) {
  const { t } = useTranslation()
  return (
    <section className={classes.part} aria-label={t('desk.contact.earlier')}>
      <h2>{t('desk.contact.earlier')}</h2>
      {conversations.length === 0 && <p className={classes.seen}>{t('desk.contact.no_earlier')}</p>}
      <ul className={classes.earlier}>
        {conversations.map((item) => (
          <li key={item.id}>
            <a href={hrefFor(item.id)} onClick={(event) => { event.preventDefault(); onOpen(item.id) }}>
              <span className={classes.preview}>{item.subject || item.preview || t('desk.conversation.no_words')}</span>
              <span className={classes.meta}>
                <ChannelGlyph inbox={item.inbox} size={13} />
                {t(`desk.status.${item.status}`)} · <Moment at={item.last_message_at} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
