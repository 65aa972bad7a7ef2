// Our posts and holding replies on the fake server.
import { addMessage, ago, makeMessage, newId } from './world.mjs'

const PRONE = /fehlschlag/i

/** Answers below /posts and /conversations/holding-replies; gives null for anything else. */
export function createAnnouncing({ world, json, problem, caps, me, tell }) {
  const said = []
  const mark = ({ id, name, channel }) => ({ id, name, channel })
  const named = ({ id, name }) => ({ id, name })
  const post = (box, body, sendAt) =>
    makeMessage(world, { id: null, inbox: mark(box), visibility: 'public' }, {
      conversation_id: null, body, direction: 'out', url: null, author: { id: null, name: box.name, handle: null, is_party: false, is_agent: true, agent_name: me().name },
      delivery: { state: 'queued', send_at: sendAt, sent_at: null, attempts: 0, next_attempt_at: sendAt, can_check: false, reason: null },
    })

  function posts(method, id, body) {
    if (id === 'accounts') {
      return json(200, world.inboxes.filter((box) => caps[box.channel]?.public?.send).map((box) => ({ inbox: mark(box), brand: named(box.brand), capability: box.state === 'paused' ? { ...caps[box.channel].public, send: false, reason: 'channel.reason.paused' } : caps[box.channel].public })))
    }
    if (id === 'preview') {
      return json(200, body.inboxes.map((one) => {
        const box = world.inboxes.find((known) => known.id === one)
        const refusal = body.attachments?.length > 0 && box.channel === 'webhook' ? { code: 'network_takes_no_attachments', facts: {} } : null
        return { inbox: mark(box), text: body.text, length: body.text.length, limit: null, refusal }
      }))
    }
    if (method === 'GET') return json(200, { items: said, next_cursor: null })
    const boxes = body.inboxes.map((one) => world.inboxes.find((box) => box.id === one))
    const text = (box) => body.texts?.[box.id] ?? body.text
    const refused = boxes.filter((box) => text(box).length > (caps[box.channel].public.length ?? Infinity))
    if (refused.length > 0) return problem(422, 'validation_failed', { errors: refused.map((box) => ({ field: `inboxes.${box.id}`, code: 'too_long_for_network', detail: '' })) })
    const made = { id: newId(), brand: named(boxes[0].brand), author: named(me()), created_at: ago(0), accounts: boxes.map((box) => ({ message: post(box, text(box), body.send_at), conversations: 0 })) }
    said.unshift(made)
    return json(202, made)
  }

  function find(id) {
    return said.flatMap((one) => one.accounts).map((one) => one.message).find((message) => message.id === id)
  }

  /** What is decided about a message of ours; null where it is none of these. */
  function decide(id, verb) {
    const message = find(id)
    if (!message) return null
    const state = { cancel: 'cancelled', retry: 'queued', check: 'sent' }[verb]
    message.delivery = { ...message.delivery, state, reason: null }
    return json(200, message)
  }

  function hold(body) {
    const queued = []
    const refused = []
    body.conversations.forEach((id, index) => {
      const item = world.conversations.find((one) => one.id === id)
      if (PRONE.test(item.preview) || item.inbox.channel === 'feed') {
        refused.push({ conversation_id: id, refusal: { code: 'channel_cannot_send', facts: {} } })
        return
      }
      const sendAt = new Date(Date.now() + 10_000 + (index * body.spread_minutes * 60_000) / body.conversations.length).toISOString()
      const message = makeMessage(world, item, {
        body: body.texts[index % body.texts.length].replace('{next_word}', 'heute um 18:00 Uhr'), direction: 'out', author: { id: null, name: null, handle: null, is_party: false, is_agent: true, agent_name: me().name },
        delivery: { state: 'queued', send_at: sendAt, sent_at: null, attempts: 0, next_attempt_at: sendAt, can_check: false, reason: null },
      })
      addMessage(world, item, message)
      Object.assign(item, { next_word_at: body.next_word_at, version: item.version + 1 })
      tell('message_queued', item, message)
      queued.push({ conversation_id: id, message_id: message.id, body: message.body, send_at: sendAt })
    })
    return json(202, { queued, refused })
  }

  function callBack({ messages }) {
    for (const [id, list] of world.messages) {
      for (const message of list.filter((one) => messages.includes(one.id))) {
        message.delivery = { ...message.delivery, state: 'cancelled' }
        const item = world.conversations.find((one) => one.id === id)
        Object.assign(item, { next_word_at: null, version: item.version + 1 })
        tell('message_cancelled', item, message)
      }
    }
    return json(200, { messages })
  }

  return { posts, decide, find, hold, callBack }
}
