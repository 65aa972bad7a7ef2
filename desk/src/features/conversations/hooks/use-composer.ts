// The composer's logic: draft, target, length, the gate for what came meanwhile, sending and its undo.
import { type RefObject, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import { useUploads } from '../../../components/use-uploads'
import { Problem } from '../../../lib/api/client'
import { useAgents } from '../../../lib/api/directory'
import { useAgent } from '../../../lib/api/session'
import type { ConversationDetail, Message, Visibility } from '../../../lib/api/types'
import { formatMinute } from '../../../lib/format/time'
import { useNow } from '../../../lib/format/use-now'
import { measure } from '../../../lib/length'
import { useStore } from '../../../lib/store'
import { say } from '../../../lib/toast'
import { UNDO_SECONDS, useSendMessage } from '../api/send-message'
import { useCallBack } from './use-call-back'
import { composerRequests } from './composer-requests'
import { answeredVisibility, findTarget, firstVisibility } from './reply-target'
import { endTyping, noteTyping } from './use-presence'
import { useDraft } from './use-draft'
import { useTemplate } from './use-template'

export function useComposer(conversation: ConversationDetail, messages: Message[], field: RefObject<HTMLTextAreaElement | null>) {
  const { t, i18n } = useTranslation()
  const agent = useAgent()
  const agents = useAgents()
  const describe = useProblemText()
  const send = useSendMessage()
  const callBack = useCallBack()
  const { writing, change, clear } = useDraft(conversation.id, firstVisibility(conversation, messages), messages.length > 0)
  const uploads = useUploads()
  const template = useTemplate(conversation.inbox.id)
  const now = useNow()
  const [trouble, setTrouble] = useState<string | null>(null)
  const [gated, setGated] = useState(false)
  const [begunAt, setBegunAt] = useState<string | null>(() => (writing.body ? newestId(messages) : null))

  const { visibility, body } = writing
  const target = findTarget(conversation, messages, visibility, writing.in_reply_to, now)
  const { capability } = target
  /** An approved text stands in the place of what is written, as long as nothing else may go out. */
  const templated = template.opened && target.templates
  const measured = capability ? measure(templated ? template.body : body, capability) : null
  const complete = templated ? template.ready : body.trim() !== '' && !uploads.busy && target.blocked === null
  const ready = complete && !measured?.over
  const meanwhile = body && begunAt ? countSince(messages, begunAt, agent.name) : 0

  const request = useStore(composerRequests)
  useEffect(() => {
    if (request?.conversation_id !== conversation.id) return
    composerRequests.write(null)
    change({
      ...(request.visibility ? { visibility: request.visibility } : {}),
      ...(request.in_reply_to !== undefined ? { in_reply_to: request.in_reply_to } : {}),
      ...(request.body !== undefined ? { body: request.body } : {}),
    })
    requestAnimationFrame(() => field.current?.focus())
  }, [request, conversation.id, change, field])

  const write = (text: string) => {
    if (body === '' && text !== '') setBegunAt(newestId(messages))
    if (text !== '') noteTyping(conversation.id)
    setTrouble(null)
    change({ body: text })
  }
  const turn = (to: Visibility, inReplyTo: string | null = null) => {
    const answered = to === 'note' ? to : answeredVisibility(conversation.capabilities?.[to] ?? null, to)
    const fits = messages.some((item) => item.id === inReplyTo && item.direction === 'in' && item.visibility === answered)
    change({ visibility: to, in_reply_to: fits ? inReplyTo : null })
  }

  const submit = async (resolve: boolean, knowingly = false, at?: string) => {
    if (!ready) return
    if (meanwhile > 0 && visibility !== 'note' && !knowingly) return setGated(true)
    setGated(false)
    setTrouble(null)
    endTyping()
    const kept = { ...writing }
    const approved = templated ? template.wanted : null
    const attachments = approved ? [] : uploads.ids
    const mentions = visibility === 'note' ? agents.filter((item) => body.includes(`@${item.name}`)).map((item) => item.id) : []
    if (!approved) clear()
    setBegunAt(null)
    const seconds = visibility === 'note' ? 0 : UNDO_SECONDS
    try {
      if (attachments.length > 0) await uploads.keepWords()
      const message = await send(conversation, agent, {
        ...(at ? { send_at: at } : {}),
        body: approved ? template.body : kept.body.trim(),
        visibility,
        ...(target.answers && visibility !== 'note' ? { in_reply_to: target.answers.id } : {}),
        ...(approved ? { template: approved } : {}),
        ...(attachments.length > 0 ? { attachments } : {}),
        ...(mentions.length > 0 ? { mentions } : {}),
        ...(resolve ? { resolve } : {}),
      })
      if (approved) template.close()
      else uploads.clear()
      const said = at ? t('desk.delivery.at', { at: formatMinute(i18n.language, at) }) : t(`desk.did.sent.${visibility}`)
      say(said, seconds > 0 ? { seconds: at ? undefined : seconds, undo: () => void callBack(conversation.id, message) } : {})
    } catch (problem) {
      change(kept)
      const unclear = problem instanceof Problem && problem.code === 'outcome_unknown'
      setTrouble(unclear ? describe(problem) : t('desk.composer.kept', { why: describe(problem) }))
    }
  }

  return {
    writing, target, measured, template, templated, ready, meanwhile, trouble, gated, uploads, agents, visibility,
    write, turn, submit, change, closeGate: () => {
      setGated(false)
      setBegunAt(newestId(messages))
    },
  }
}

function newestId(newestFirst: Message[]): string | null {
  return newestFirst.find((item) => !item.id.startsWith('draft-'))?.id ?? null
}

/** Messages of others, colleagues among them, since the one that was newest when the writing began. */
function countSince(newestFirst: Message[], sinceId: string, ownName: string): number {
  const at = newestFirst.findIndex((item) => item.id === sinceId)
  if (at < 0) return 0
  return newestFirst.slice(0, at).filter((item) => item.direction === 'in' || (item.author.agent_name ?? ownName) !== ownName).length
}
