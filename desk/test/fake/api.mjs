// The API of kulant as far as the desk needs it, in memory and without a network. Development and tests only.
import { createAnnouncing } from './announcing.mjs'
import CHANNELS from './channels.json' with { type: 'json' }
import { createListening } from './listening.mjs'
import { addMessage, ago, event, makeMessage, makeWorld, newId, openConversation } from './world.mjs'

const json = (status, body, headers = {}) => ({ status, body, headers })
const problem = (status, code, more = {}) => json(status, { type: `https://kulant.example/problems/${code}`, title: code, status, code, ...more })
const page = (items) => json(200, { items, next_cursor: null })
const CAP = { length: null, counts: 'characters', bytes: null, edit: true, delete: true, hide: false, reactions: true, send: true, reason: null, templates: false, until: null, hand_over: null }
const CAPS = {
  webhook: { public: { ...CAP, length: 500 }, private: { ...CAP, length: 10_000 } },
  form: { public: null, private: { ...CAP, length: 20_000, edit: false, delete: false, reactions: false } },
  facebook: { public: { ...CAP, length: 8000, hide: true }, private: { ...CAP, length: 2000 } },
  telegram: { public: { ...CAP, length: 4096, counts: 'utf16' }, private: { ...CAP, length: 4096, counts: 'utf16' } },
  twilio: { public: null, private: { ...CAP, length: 1600, counts: 'sms', edit: false, delete: false, reactions: false } },
  whatsapp: { public: null, private: { ...CAP, length: 4096, templates: true } },
  x: { public: { ...CAP, length: 280, counts: 'weighted_wide', edit: false, hide: true }, private: { ...CAP, length: 10_000 } },
  feed: { public: { ...CAP, send: false, reason: 'channel.feed.reason.open_link', length: 2000 }, private: null },
}
const SCOPES = ['conversations:read', 'conversations:write', 'settings:read']

export function createFake({ signedIn = true, account = '21' } = {}) {
  const world = makeWorld()
  const listening = createListening(world, { json, problem, page })
  const listeners = new Set()
  let seq = 1
  let session = signedIn ? account : null
  const preferences = { language: 'de', theme: 'auto', single_key_shortcuts: true, initials_consent: false }
  const answers = new Map()
  const uploads = new Map()
  const present = new Map()

  const emit = (name, facts) => {
    const id = String(seq++)
    for (const listener of listeners) listener({ name, id, facts: { seq: id, ...facts } })
  }
  const summary = ({ post: _post, first_unread_id: _first, window: _window, ...rest }) => rest
  const changed = (kind, conversation, message = null) => emit('change', { kind, conversation: conversation && summary(conversation), message, inbox_id: null })
  const me = () => world.agents.find((item) => item.id === session)
  const find = (id) => world.conversations.find((item) => item.id === id)
  const named = (item) => item && { id: item.id, name: item.name }
  const count = (list) => ({ count: Math.min(1000, list.length), capped: list.length > 1000 })
  const logged = (conversation, kind, facts) => {
    const list = world.events.get(conversation.id) ?? []
    list.push(event(kind, 0, me().name, facts))
    world.events.set(conversation.id, list)
  }

  const announcing = createAnnouncing({ world, json, problem, caps: CAPS, me: () => me(), tell: (...all) => changed(...all) })

  function sessionBody() {
    const agent = me()
    return {
      agent: { id: agent.id, name: agent.name, email: agent.email, role: agent.role, initials: agent.initials, ...preferences, teams: agent.teams.map((id) => named(world.teams.find((team) => team.id === id))) },
      csrf_token: 'fake-csrf', permissions: [],
    }
  }

  function select(query) {
    const has = (key, value) => !query[key] || query[key].split(',').includes(value)
    const words = (query.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
    return world.conversations
      .filter((item) =>
        !item.joined_into && has('status', item.status) && has('kind', item.kind) && has('priority', item.priority) && has('inbox', item.inbox.id) && has('brand', item.brand.id) &&
        has('team', item.team?.id ?? 'none') && (!query.visibility || item.visibility === 'mixed' || has('visibility', item.visibility)) &&
        (!query.assignee || query.assignee.split(',').map((who) => (who === 'me' ? session : who)).includes(item.assignee?.id ?? 'none')) &&
        (!query.tag || item.tags.some((tag) => query.tag.split(',').includes(tag.id) || query.tag.split(',').includes(tag.name))) && (query.unread !== 'true' || item.unread) &&
        (!query.mentions || (world.messages.get(item.id) ?? []).some((message) => message.mentions.includes(session))) &&
        words.every((word) => `${item.contact?.name} ${item.contact?.handle} ${item.subject} ${(world.messages.get(item.id) ?? []).map((message) => message.body).join(' ')}`.toLowerCase().includes(word)))
      .sort((one, other) => query.sort === 'oldest' ? one.last_message_at.localeCompare(other.last_message_at)
        : query.sort === 'waiting' ? (one.waiting_since ?? '9').localeCompare(other.waiting_since ?? '9')
        : other.last_message_at.localeCompare(one.last_message_at))
  }

  function slice(all, query) {
    const from = Number(query.cursor ?? 0)
    const limit = Number(query.limit ?? 50)
    return json(200, { items: all.slice(from, from + limit), next_cursor: from + limit < all.length ? String(from + limit) : null })
  }

  function detail(conversation) {
    const can = CAPS[conversation.inbox.channel] ?? CAPS.webhook
    const { window, ...rest } = conversation
    const side = (name) => can[name] && { ...can[name], ...window?.[name] }
    const caps = { public: side('public'), private: side('private') }
    const account = conversation.brand.name === 'Nordtalbahn' ? '@nordtalbahn_hilft' : '@telvia'
    const to = conversation.contact?.handle ?? conversation.contact?.name ?? ''
    return { post: null, ...rest, capabilities: caps, signature: `– Ihr ${conversation.brand.name}-Team`, voice: 'sie', reply_target: { public: caps.public && { account, to }, private: caps.private && { account, to } } }
  }

  function versioned(conversation, headers, write) {
    const match = headers['if-match']
    if (!match) return problem(428, 'if_match_required')
    if (match !== `"${conversation.version}"`) return problem(412, 'version_conflict', { current_version: conversation.version })
    const [kind, facts, other] = write() ?? []
    conversation.version += 1
    if (kind) logged(conversation, kind, facts)
    changed(kind ?? 'status_changed', conversation)
    return json(200, summary(other ?? conversation), { ETag: `"${conversation.version}"` })
  }

  const aspects = {
    assignment: (item, body) => {
      if (body === null) item.assignee = null
      else if (body.agent) item.assignee = named(world.agents.find((agent) => agent.id === body.agent))
      else if (body.team) Object.assign(item, { team: named(world.teams.find((team) => team.id === body.team)), assignee: null })
      return ['assigned', body ?? {}]
    },
    status: (item, body) => {
      Object.assign(item, { status: body.status, snoozed_until: body.until ?? null, ...(body.status === 'resolved' ? { waiting_since: null } : {}) })
      return ['status_changed', { to: body.status, until: body.until ?? null }]
    },
    priority: (item, body) => { item.priority = body.priority; return ['priority_changed', { to: body.priority }] },
    kind: (item, body) => { item.kind = body.kind; return ['kind_changed', { to: body.kind }] },
    subject: (item, body) => { item.subject = body.subject; return ['subject_changed', {}] },
    'no-answer-needed': (item) => { Object.assign(item, { status: 'resolved', waiting_since: null }); return ['answer_not_needed', {}] },
    tags: (item, { add = [], remove = [] }) => {
      item.tags = item.tags.filter((tag) => !remove.includes(tag.name))
      for (const name of add) {
        let tag = world.tags.find((known) => known.name === name)
        if (!tag) world.tags.push((tag = { id: newId(), name, colour: null, uses: 0 }))
        if (!item.tags.some((known) => known.id === tag.id)) item.tags.push(tag)
      }
      return ['tags_changed', { added: add, removed: remove }]
    },
    join: (item, body) => { item.joined_into = body.into; return ['conversation_joined', {}] },
    unjoin: (item) => { item.joined_into = null; return ['conversation_unjoined', {}] },
    split: (item, body) => {
      const list = world.messages.get(item.id)
      const taken = list.filter((message) => body.messages.includes(message.id))
      world.messages.set(item.id, list.filter((message) => !taken.includes(message)))
      const made = openConversation(world, { inbox: world.inboxes.find((box) => box.id === item.inbox.id), at: taken[0].platform_at, contact: [taken[0].author.name, taken[0].author.handle] })
      for (const message of taken) addMessage(world, made, { ...message, conversation_id: made.id })
      return ['conversation_split', {}, made]
    },
  }

  function send(conversation, body) {
    const note = body.visibility === 'note'
    const agent = me()
    const message = makeMessage(world, conversation, {
      body: body.body, direction: 'out', visibility: body.visibility, platform_at: ago(0), in_reply_to: body.in_reply_to ?? null, depth: body.in_reply_to ? 1 : 0, url: null,
      author: { id: null, name: null, handle: null, is_party: false, is_agent: true, agent_name: agent.name }, mentions: body.mentions ?? [],
      delivery: note ? null : { state: 'queued', send_at: body.send_at ?? null, sent_at: null, attempts: 0, next_attempt_at: null, can_check: false, reason: null },
    })
    addMessage(world, conversation, message)
    if (!note) conversation.waiting_since = null
    if (body.resolve) conversation.status = 'resolved'
    conversation.version += 1
    changed(note ? 'note_added' : 'message_queued', conversation, message)
    if (!note) deliverLater(conversation, message, body.send_at ? Date.parse(body.send_at) - Date.now() : 0)
    return json(202, message)
  }
  function deliverLater(conversation, message, ms) {
    const timer = setTimeout(() => {
      if (message.delivery.state !== 'queued') return
      const broken = /fehlschlag|fail please/i.test(message.body) && message.delivery.attempts === 0
      message.delivery = broken
        ? { ...message.delivery, state: 'failed', attempts: 1, reason: { class: 'content_rejected', detail: null } }
        : { ...message.delivery, state: 'sent', attempts: 1, sent_at: ago(0) }
      changed(broken ? 'message_failed' : 'message_sent', conversation, message)
    }, Math.max(300, ms + 300))
    timer.unref?.()
  }

  function messageRoute(method, id, verb, body) {
    for (const [conversationId, list] of world.messages) {
      const message = list.find((item) => item.id === id)
      if (!message) continue
      const conversation = find(conversationId)
      if (method === 'DELETE') message.deleted_at = ago(0)
      if (verb === 'edit') Object.assign(message, { body: body.body, edited_at: ago(0) })
      if (verb === 'reactions') {
        const known = message.reactions.find((one) => one.kind === body.kind)
        const count = (known?.count ?? 0) + (body.add ? 1 : -1)
        message.reactions = [...message.reactions.filter((one) => one !== known), ...(count > 0 ? [{ kind: body.kind, count, ours: body.add }] : [])]
      }
      if (verb === 'hiding') {
        message.hidden_at = body.hidden ? ago(0) : null
        logged(conversation, 'message_hidden', { by_us: true, hidden: body.hidden })
      }
      if (verb === 'cancel') {
        if (message.delivery?.state !== 'queued') return problem(409, 'message_has_left')
        message.delivery = { ...message.delivery, state: 'cancelled' }
      }
      if (verb === 'check') message.delivery = { ...message.delivery, state: 'sent', sent_at: ago(0), can_check: false, reason: null }
      if (verb === 'retry') {
        message.delivery = { ...message.delivery, state: 'queued', attempts: 1, reason: null }
        deliverLater(conversation, message, 500)
      }
      changed(verb === 'hiding' ? 'message_hidden' : 'message_edited', conversation, message)
      return json(200, message)
    }
    return problem(404, 'not_found')
  }

  /** What is wrong with an inbox whose access only connecting brings. */
  function unconnected({ channel, settings }) {
    const { connecting, settings_schema: schema } = CHANNELS.find((one) => one.channel === channel) ?? {}
    const isMissing = schema?.required?.some((name) => connecting?.fills.includes(name) && !settings?.[name])
    return isMissing ? { class: 'unconnected', detail: '', since: ago(0) } : null
  }

  function collection(name, method, id, body) {
    const list = world[name]
    const item = list.find((known) => known.id === id)
    if (method === 'GET') return id ? json(200, item) : page(list)
    if (method === 'DELETE') { list.splice(list.indexOf(item), 1); return json(204) }
    if (method === 'PATCH') {
      const { brand, team, ...rest } = body
      Object.assign(item, rest, { version: (item.version ?? 1) + 1 })
      if (brand !== undefined) item.brand = named(world.brands.find((known) => known.id === (brand.id ?? brand)))
      if (team !== undefined) item.team = named(world.teams.find((known) => known.id === (team?.id ?? team))) ?? null
      return json(200, item)
    }
    const made = { id: newId(), version: 1, ...body }
    if (name === 'inboxes') {
      Object.assign(made, {
        brand: named(world.brands.find((known) => known.id === body.brand)), team: named(world.teams.find((known) => known.id === body.team)) ?? null, state: 'active',
        health: { checked_at: null, trouble: unconnected(body), lag_seconds: null, last_received_at: null, quiet_until: null, usage: [] }, secrets_set: [], hook_path: body.channel === 'webhook' ? '/hooks/in_neu4Zt' : null, hook_secret: body.channel === 'webhook' ? 'whsec_c2VjcmV0LXNob3duLW9uY2U=' : null,
      })
    }
    if (name === 'agents') Object.assign(made, { teams: body.teams ?? [], disabled_at: null, invited: true, initials: null })
    if (name === 'tags') made.uses = 0
    const shown = name === 'tokens' ? { ...made, token: 'kulant_7f3c0d5e9b' } : made
    list.push({ ...made, hook_secret: undefined })
    return json(201, shown)
  }

  /** Connecting at the network's page: offered where the channel has one. */
  function connection(inbox, method, body) {
    const offered = CHANNELS.find((one) => one.channel === inbox?.channel)?.connecting
    if (method === 'POST' && body?.account) return json(200, { outcome: 'connected' })
    if (method === 'POST') return json(201, { url: 'https://network.example/authorise?state=s', expires_at: ago(-10) })
    return json(200, {
      at: offered?.at ?? null, redirect_url: 'https://desk.example/connect/callback', missing: [], choices: [],
      scopes: offered ? [{ name: 'read:statuses', purpose: 'channel.scope.read_both' }] : [],
    })
  }

  function overview() {
    const open = world.conversations.filter((item) => item.status === 'open')
    return {
      queues: world.teams.map((team) => {
        const mine = open.filter((item) => item.team?.id === team.id)
        const waits = mine.map((item) => item.waiting_since).filter(Boolean).sort()
        return { team: named(team), open: mine.length, unassigned: mine.filter((item) => !item.assignee).length, oldest_waiting_since: waits[0] ?? null, waiting_public: mine.filter((item) => item.waiting_since && item.visibility !== 'private').length }
      }),
      oldest_public: open.filter((item) => item.waiting_since && item.visibility !== 'private').sort((one, other) => one.waiting_since.localeCompare(other.waiting_since)).slice(0, 10).map(summary),
      present: [{ agent: named(me()), since: ago(95), conversation_id: null, activity: 'here' }, { agent: named(world.agents[2]), since: ago(30), conversation_id: world.conversations[0].id, activity: 'reading' }, { agent: named(world.agents[3]), since: ago(12), conversation_id: world.conversations[1].id, activity: 'writing' }],
      channels: world.inboxes.map((box) => ({ inbox: { id: box.id, name: box.name, channel: box.channel }, state: box.state, trouble: box.health.trouble, lag_seconds: box.health.lag_seconds, queued_out: box.health.quiet_until ? 2 : 0, failed_out: box.state === 'failing' ? 1 : 0, quarantined: box.state === 'failing' ? 1 : 0 })),
    }
  }

  function counts() {
    const all = world.conversations.filter((item) => !item.joined_into)
    const open = all.filter((item) => item.status === 'open')
    return {
      open_mine: count(open.filter((item) => item.assignee?.id === session)), open_unassigned: count(open.filter((item) => !item.assignee)), open_all: count(open),
      waiting: count(all.filter((item) => item.status === 'waiting')), snoozed: count(all.filter((item) => item.status === 'snoozed')), resolved_recent: count(all.filter((item) => item.status === 'resolved')),
      mentions: { count: 1, capped: false }, quarantine: count(world.quarantine),
      teams: world.teams.map((team) => ({ id: team.id, open: count(open.filter((item) => item.team?.id === team.id)), unassigned: count(open.filter((item) => item.team?.id === team.id && !item.assignee)) })),
    }
  }

  function contact(id) {
    const known = world.contacts.get(id)
    if (!known) return problem(404, 'not_found')
    const mine = world.conversations.filter((item) => item.contact?.name === known.name)
    return json(200, { id, name: known.name, version: known.version, note: known.note, erased_at: known.erased_at ?? null, identities: [{ id: `${id}1`, inbox: known.box, channel: known.box.channel, handle: known.handle, name: known.name, network_id: 'n1' }], conversations: mine.slice(0, 20).map(summary), first_seen_at: known.first, last_seen_at: ago(5) })
  }

  function handle({ method, path, query = {}, headers = {}, body = null }) {
    const [resource, id, verb] = path.split('/').filter(Boolean).map(decodeURIComponent)
    if (resource === 'session' && !id && method === 'POST') {
      const agent = world.agents.find((item) => item.email === body.email)
      if (!agent || body.password.length < 4) return problem(401, 'unauthenticated')
      session = agent.id
      return json(200, sessionBody())
    }
    if (resource === 'invitations') {
      if (id !== 'good') return problem(404, 'not_found')
      if (method === 'GET') return json(200, { name: 'Clara Voss', email: 'clara@agentur.example' })
      session = '25'
      return json(200, sessionBody())
    }
    if (!session) return problem(401, 'unauthenticated')
    if (method !== 'GET' && headers['x-csrf-token'] !== 'fake-csrf') return problem(403, 'csrf_failed')
    const key = headers['idempotency-key']
    if (key && answers.has(key)) return answers.get(key)
    const answer = route(method, resource, id, verb, query, headers, body)
    if (key && answer.status < 300) answers.set(key, answer)
    return answer
  }

  function route(method, resource, id, verb, query, headers, body) {
    switch (resource) {
      case 'session':
        if (id === 'preferences') { Object.assign(preferences, body); if (body.initials !== undefined) me().initials = body.initials; return json(200, sessionBody()) }
        if (id === 'password') return body.current === 'wrong' ? problem(422, 'validation_failed', { errors: [{ field: 'current', code: 'wrong' }] }) : json(204)
        if (method === 'DELETE') { session = null; return json(204) }
        return json(200, sessionBody())
      case 'conversations': {
        if (!id) { const found = select(query).map(summary); return slice(query.q ? found.map((item) => ({ ...item, match: item.preview })) : found, query) }
        if (id === 'counts') return json(200, counts())
        if (id === 'holding-replies') return verb === 'cancel' ? announcing.callBack(body) : announcing.hold(body)
        const item = find(id)
        if (!item) return problem(404, 'not_found')
        if (!verb) return json(200, detail(item), { ETag: `"${item.version}"` })
        if (verb === 'messages' && method === 'GET') return slice([...(world.messages.get(id) ?? [])].sort((one, other) => other.platform_at.localeCompare(one.platform_at)), query)
        if (verb === 'messages') return send(item, body)
        if (verb === 'events') return page(world.events.get(id) ?? [])
        if (verb === 'read' || verb === 'unread') { item.unread = verb === 'unread'; changed('read_changed', item); return json(200, summary(item)) }
        return aspects[verb] ? versioned(item, headers, () => aspects[verb](item, body)) : problem(404, 'not_found')
      }
      case 'searches': return listening.searches(method, id, verb, body, query)
      case 'hits': return listening.hits(id, verb, body)
      case 'posts': return announcing.posts(method, id, body)
      case 'messages': return announcing.decide(id, verb) ?? messageRoute(method, id, verb, body)
      case 'uploads': {
        if (method === 'PATCH') return json(200, Object.assign(uploads.get(id), { alt: body.alt || null }))
        const kept = { id: newId(), name: 'Datei.pdf', size: 1200, media_type: 'application/pdf', alt: null }
        uploads.set(kept.id, kept)
        return json(201, kept)
      }
      case 'presence':
        present.set(session, body)
        return json(204)
      case 'contacts': {
        if (method === 'GET') return contact(id)
        const known = world.contacts.get(id)
        if (method === 'DELETE') {
          Object.assign(known, { name: null, handle: null, note: null, erased_at: ago(0) })
          for (const item of world.conversations.filter((one) => one.contact?.id === id)) {
            item.contact = { id, name: null, handle: null }
            for (const message of world.messages.get(item.id) ?? []) if (message.author.is_party) Object.assign(message, { body: '', deleted_at: ago(0), author: { ...message.author, name: null, handle: null } })
          }
          changed('contact_erased', null)
          return json(204)
        }
        Object.assign(known, body, { version: known.version + 1 })
        return contact(id)
      }
      case 'agents': if (verb === 'invitation') return json(200, { link: 'https://desk.example/desk/invitation/Zq3k-81aP' })
      // falls through
      case 'brands': case 'teams': case 'tags': case 'views': case 'tokens': return collection(resource, method, id, body)
      case 'inboxes': if (verb === 'secret') return json(200, { ...world.inboxes.find((box) => box.id === id), hook_secret: 'whsec_cm90YXRlZA==' })
        if (verb === 'connection') return connection(world.inboxes.find((box) => box.id === id), method, body)
        if (verb === 'calls') return call(world.inboxes.find((box) => box.id === id), body)
        return collection(resource, method, id, body)
      case 'channels': return page(CHANNELS)
      case 'overview': return json(200, overview())
      case 'alerts': return page(world.alerts)
      case 'quarantine': {
        if (!id) return page(world.quarantine.map(({ raw: _raw, ...rest }) => rest))
        const item = world.quarantine.find((one) => one.id === id)
        if (method === 'GET') return json(200, item)
        world.quarantine.splice(world.quarantine.indexOf(item), 1)
        changed('delivery_retaken', null)
        return json(204)
      }
      default: return problem(404, 'not_found')
    }
  }

  /** Writes a call down, as the server does. */
  function call(inbox, { conversation, number, name, said, call_back_at: until }) {
    if (number && !/^[\d +()/-]{3,}$/.test(number)) return problem(422, 'validation_failed', { errors: [{ field: 'number', code: 'not_a_number', detail: 'a number with its area or country code' }] })
    const item = conversation ? find(conversation) : openConversation(world, { inbox, at: ago(0), contact: [name ?? number, number ?? null], visibility: 'private', waiting_since: ago(0) })
    const message = addMessage(world, item, makeMessage(world, item, { body: said, visibility: 'private', platform_at: ago(0) }))
    Object.assign(item, { version: item.version + 1 }, until ? { status: 'snoozed', snoozed_until: until } : {})
    changed('message_received', item, message)
    return json(201, item)
  }

  /** Lets a customer write: into a conversation, or a new one where none is named. */
  function receive(body, { conversationId, contact: who = ['Neue Stimme', '@neue_stimme'], assignee = null } = {}) {
    const item = conversationId ? find(conversationId) : openConversation(world, { inbox: world.inboxes[0], at: ago(0), contact: who, assignee, waiting_since: ago(0) })
    const message = addMessage(world, item, makeMessage(world, item, { body, platform_at: ago(0) }))
    Object.assign(item, { unread: true, version: item.version + 1, waiting_since: item.waiting_since ?? ago(0) })
    changed('message_received', item, message)
    return { conversation: item, message }
  }

  return {
    world, handle, receive, emit, changed, listening, scopes: SCOPES,
    show: (conversationId, agents) => emit('presence', { conversation_id: conversationId, agents }),
    follow: (listener) => { listeners.add(listener); return () => listeners.delete(listener) },
  }
}
