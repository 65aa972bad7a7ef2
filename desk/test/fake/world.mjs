// An invented railway and an invented telecom with customers who write to them; for looking at screens and for tests.
const MINUTE = 60_000
let serial = 1000
export const newId = () => String(++serial)
export const ago = (minutes) => new Date(Date.now() - minutes * MINUTE).toISOString()

export function makeWorld() {
  const brands = [
    brand('1', 'Nordtalbahn', 'sie', '#0f6570', 'Ihr Nordtalbahn-Team'),
    brand('2', 'Telvia', 'du', '#7a3b8f', 'Dein Telvia-Team'),
  ]
  const teams = [
    { id: '11', version: 1, name: 'Fahrgäste', kind: 'staff', signature: 'Ihr Nordtalbahn-Team', members: ['21', '22', '23'] },
    { id: '12', version: 1, name: 'Störungen', kind: 'staff', signature: null, members: ['21', '24'] },
    { id: '13', version: 1, name: 'Agentur Kiel', kind: 'agency', signature: null, members: ['25'] },
  ]
  const agents = [
    agent('21', 'Mia Brandt', 'mia@nordtalbahn.example', 'administrator', ['11', '12'], 'MB'),
    agent('22', 'Jonas Petersen', 'jonas@nordtalbahn.example', 'agent', ['11'], 'JP'),
    agent('23', 'Aylin Demir', 'aylin@nordtalbahn.example', 'supervisor', ['11'], 'AD'),
    agent('24', 'Tom Ferguson', 'tom@telvia.example', 'agent', ['12'], null),
    { ...agent('25', 'Clara Voss', 'clara@agentur.example', 'agent', ['13'], null), invited: true },
  ]
  const inboxes = [
    inbox('31', 'Nordtalbahn auf Plauder', 'webhook', brands[0], teams[0]),
    inbox('32', 'Kontaktformular', 'form', brands[0], teams[0]),
    inbox('33', 'Telvia Forum', 'feed', brands[1], teams[1]),
    inbox('35', 'Nordtalbahn auf Facebook', 'facebook', brands[0], teams[0]),
    inbox('36', 'Nordtalbahn WhatsApp', 'whatsapp', brands[0], teams[0]),
    { ...inbox('37', 'Nordtalbahn auf X', 'x', brands[0], teams[0]), state: 'failing', health: { checked_at: ago(2), trouble: { class: 'retry_after', detail: 'app limit, resets at 18:00', since: ago(20) }, lag_seconds: 0, last_received_at: ago(21), quiet_until: ago(-95), usage: [{ search: null, unit: 'posts', used: 8640, budget: 10_000, resets_at: ago(-12_000), limits: [{ name: 'mentions', most: 450, remaining: 0, resets_at: ago(-9) }, { name: 'tweets', most: 300, remaining: 290, resets_at: ago(-9) }] }] } },
    { ...inbox('38', 'Telvia Telegram', 'telegram', brands[1], teams[1]), settings: {}, secrets_set: ['token'] },
    inbox('39', 'Telvia SMS', 'twilio', brands[1], teams[1]),
    inbox('40', 'Nordtalbahn Hotline', 'phone', brands[0], teams[0]),
    { ...inbox('34', 'Telvia auf Plauder', 'webhook', brands[1], teams[1]), state: 'failing', health: { checked_at: ago(2), trouble: { class: 'auth_broken', detail: 'signature refused by the network', since: ago(50) }, lag_seconds: 3010, last_received_at: ago(52), quiet_until: null, usage: [] } },
  ]
  const tags = [tag('41', 'Verspätung', '#b3541e'), tag('42', 'Erstattung', '#0f6570'), tag('43', 'WLAN im Zug', '#5f41a8'), tag('44', 'outage', '#ad2318'), tag('45', 'Lob', '#2f6b3a')]
  const world = {
    brands, teams, agents, inboxes, tags,
    views: [{ id: '51', name: 'Beschwerden, dringend', shared: true, filter: { kind: 'complaint', priority: 'urgent,high', status: 'open' } }],
    tokens: [{ id: '61', name: 'Monatsbericht', scopes: ['conversations:read'], created_at: ago(40_000), last_used_at: ago(700) }],
    conversations: [], messages: new Map(), events: new Map(), contacts: new Map(), notes: new Map(), quarantine: [], alerts: [],
  }
  fill(world)
  return world
}

const named = ({ id, name }) => ({ id, name })

function brand(id, name, voice, colour, signature) {
  return {
    id, version: 1, name, slug: name.toLowerCase(), voice, languages: ['de', 'en'], colour, signature,
    imprint_url: 'https://example.org/impressum', privacy_url: 'https://example.org/datenschutz',
    hours: [1, 2, 3, 4, 5, 6].map((day) => ({ day, open: '08:00', close: '20:00' })), time_zone: 'Europe/Berlin', hours_note: null,
  }
}
function agent(id, name, email, role, teams, initials) {
  return { id, version: 1, name, email, role, teams, disabled_at: null, invited: false, initials }
}
function inbox(id, name, channel, ofBrand, team) {
  return {
    id, version: 1, name, channel, brand: named(ofBrand), team: named(team), state: 'active',
    health: { checked_at: ago(1), trouble: null, lag_seconds: 0, last_received_at: ago(3), quiet_until: null, usage: [] },
    settings: { answer_url: 'https://network.example/answers' }, secrets_set: [], hook_path: ['webhook', 'facebook', 'whatsapp', 'twilio'].includes(channel) ? `/hooks/in_${id}x7Kq` : null,
    public_path: channel === 'form' ? '/form/nordtalbahn' : null,
  }
}
function tag(id, name, colour) {
  return { id, name, colour, uses: 7 }
}

export function makeMessage(world, conversation, part) {
  const base = {
    id: newId(), conversation_id: conversation.id, direction: 'in', visibility: conversation.visibility === 'private' ? 'private' : 'public', body: '',
    kind: null, author: { id: conversation.contact?.id ?? null, name: conversation.contact?.name ?? null, handle: conversation.contact?.handle ?? null, is_party: true, is_agent: false },
    in_reply_to: null, depth: 0, network_id: `n-${serial}`, url: 'https://plauder.example/p/1', inbox: conversation.inbox,
    platform_at: ago(0), received_at: ago(0), stored_at: ago(0), edited_at: null, deleted_at: null, hidden_at: null, figures: null, delivery: null, attachments: [], reactions: [], mentions: [], found: false,
  }
  const message = { ...base, ...part, author: { ...base.author, ...part.author } }
  message.received_at = message.platform_at
  message.stored_at = message.platform_at
  return message
}

/** Puts a message at the end of its conversation and brings the row up to date. */
export function addMessage(world, conversation, message) {
  const list = world.messages.get(conversation.id) ?? []
  list.push(message)
  world.messages.set(conversation.id, list)
  conversation.message_count = list.length
  conversation.voices = new Set(list.filter((item) => item.direction === 'in').map((item) => item.author.handle ?? item.author.name)).size
  if (message.visibility !== 'note') {
    conversation.preview = message.body.slice(0, 200)
    conversation.preview_direction = message.direction
  }
  if (message.platform_at > conversation.last_message_at) Object.assign(conversation, { last_message_at: message.platform_at, surfaced_at: message.platform_at })
  return message
}

export function openConversation(world, part) {
  const contact = part.contact && { id: newId(), name: part.contact[0], handle: part.contact[1] }
  const box = part.inbox
  const conversation = {
    id: newId(), version: 1, subject: part.subject ?? null, status: 'open', snoozed_until: null, priority: 'normal', kind: null,
    visibility: 'public', unread: false, brand: box.brand, inbox: { id: box.id, name: box.name, channel: box.channel },
    team: box.team, assignee: null, contact, tags: [], preview: '', preview_direction: 'in', message_count: 0, voices: 1,
    opened_at: part.at, last_message_at: part.at, surfaced_at: part.at, waiting_since: null, first_response_at: null, resolved_at: null, joined_into: null, linked_to: null, ...part,
  }
  Object.assign(conversation, { contact, inbox: { id: box.id, name: box.name, channel: box.channel } })
  delete conversation.at
  world.conversations.push(conversation)
  if (contact) world.contacts.set(contact.id, { id: contact.id, box: conversation.inbox, name: contact.name, handle: contact.handle, version: 1, note: null, first: part.at })
  return conversation
}

function fill(world) {
  const box = (id) => world.inboxes.find((item) => item.id === id)
  const [plauder, form, forum, telvia] = ['31', '32', '33', '34'].map(box)
  const [mia, jonas, aylin] = world.agents.map(named)
  const [late, refund, wifi, outage, praise] = world.tags
  const say = (conversation, minutes, body, part = {}) => addMessage(world, conversation, makeMessage(world, conversation, { body, platform_at: ago(minutes), ...part }))
  const answer = (conversation, minutes, body, part = {}) =>
    say(conversation, minutes, body, {
      direction: 'out', depth: 1, author: { id: null, name: 'Nordtalbahn', handle: '@nordtalbahn_hilft', is_party: false, is_agent: true, agent_name: part.by ?? 'Mia Brandt' },
      delivery: { state: 'sent', send_at: null, sent_at: ago(minutes), attempts: 1, next_attempt_at: null, can_check: false, reason: null }, ...part,
    })

  const train = openConversation(world, { inbox: plauder, at: ago(96), contact: ['Anna Lindner', '@anna_li'], subject: 'RE 7 seit Wochen unpünktlich', kind: 'complaint', priority: 'high', tags: [late, refund], assignee: mia, waiting_since: ago(14), unread: true })
  const first = say(train, 96, 'Der RE 7 hatte heute früh wieder 40 Minuten Verspätung, zum dritten Mal diese Woche. In Neumünster standen bestimmt zweihundert Leute auf dem Bahnsteig und es kam keine einzige Durchsage. Wie bekomme ich mein Geld zurück?')
  first.reactions = [{ kind: 'angry', count: 12, ours: false }, { kind: 'like', count: 4, ours: false }]
  const bystander = (minutes, name, handle, body, part = {}) => say(train, minutes, body, { depth: 1, in_reply_to: first.id, author: { id: newId(), name, handle, is_party: false }, ...part })
  bystander(93, 'Kai Otte', '@kai_otte', 'Same here, Gleis 3 war komplett dicht.')
  bystander(92, 'Renate Frühauf', '@renate_f', 'Bei mir waren es am Dienstag sogar 55 Minuten.')
  bystander(90, 'pendler_sh', '@pendler_sh', 'Willkommen im Club. Seit dem Fahrplanwechsel ist das Alltag.')
  bystander(88, 'Sören', '@soeren_hh', 'Durchsage gab es schon, aber nur auf Gleis 1.')
  answer(train, 84, 'Guten Morgen Frau Lindner, das tut uns leid. Ab 60 Minuten am Zielort erstatten wir 25 Prozent, bei Zeitkarten ab dem dritten Mal pauschal. Den Antrag finden Sie unter https://nordtalbahn.example/erstattung.', { in_reply_to: first.id, reactions: [{ kind: 'thanks', count: 2, ours: false }] })
  say(train, 60, 'Sie hat eine Monatskarte, Nummer steht im Formular von gestern. @Aylin Demir schaust du, ob der Antrag schon da ist?', { direction: 'out', visibility: 'note', author: { id: null, name: null, handle: null, is_party: false, is_agent: true, agent_name: 'Mia Brandt' }, mentions: ['23'] })
  say(train, 16, 'Danke für die schnelle Antwort. Mit der Monatskarte komme ich auf der Seite nicht weiter, das Feld verlangt eine Fahrkartennummer.', { depth: 2 })
  say(train, 14, 'Und gilt das auch rückwirkend für letzte Woche?', { depth: 2, attachments: [{ id: '901', name: 'Bildschirmfoto Antrag.png', media_type: 'image/png', size: 348_211, url: '/api/v1/attachments/901' }] })
  train.post = makeMessage(world, train, { title: 'Fahrplan heute', body: 'Guten Morgen! Heute fahren alle Linien nach Plan. Bei Fragen sind wir Mo–Sa von 8 bis 20 Uhr für Sie da.', direction: 'out', platform_at: ago(200), author: { id: null, name: 'Nordtalbahn', handle: '@nordtalbahn_hilft', is_party: false, is_agent: true } })
  train.post.figures = { views: 12_480, likes: 1, replies: 41, told_at: ago(4) }
  train.first_unread_id = world.messages.get(train.id).at(-2).id
  world.events.set(train.id, [
    event('assigned', 95, 'Mia Brandt', { agent: '21' }), event('kind_changed', 95, 'Mia Brandt', { to: 'complaint' }), event('tags_changed', 94.5, 'Mia Brandt', { added: ['41', '42'] }),
    event('priority_changed', 70, 'Aylin Demir', { from: 'normal', to: 'high' }),
  ])

  const fibre = openConversation(world, { inbox: telvia, at: ago(240), contact: ['Marcus Webb', '@mwebb'], kind: 'request', priority: 'urgent', tags: [outage], team: { id: '12', name: 'Störungen' }, waiting_since: ago(41), visibility: 'mixed', unread: true, assignee: mia })
  say(fibre, 240, 'Fibre has been down in the whole of Harbour Street since six this morning. Your status page says everything is fine. It is not.')
  const reply = answer(fibre, 200, 'Hello Marcus, we see the fault now and a technician is on the way. Could you send us your customer number in a private message?', { by: 'Tom Ferguson' })
  say(fibre, 190, 'Customer number 4471-88. There are four households on this line.', { visibility: 'private' })
  answer(fibre, 120, 'Thank you. The technician should reach the street cabinet by noon.', { visibility: 'private', by: 'Tom Ferguson', delivery: { state: 'uncertain', send_at: null, sent_at: null, attempts: 1, next_attempt_at: null, can_check: true, reason: { class: 'timeout', detail: null } } })
  say(fibre, 41, 'It is past noon and nobody has come.', { in_reply_to: reply.id, depth: 2 })
  answer(fibre, 39, 'You are right, and I am sorry. I have just spoken to the depot.', { by: 'Tom Ferguson', in_reply_to: reply.id, delivery: { state: 'failed', send_at: null, sent_at: null, attempts: 3, next_attempt_at: null, can_check: false, reason: { class: 'auth_broken', detail: null } } })

  const launch = openConversation(world, { inbox: forum, at: ago(1500), contact: ['Jule Harms', 'jule.h'], subject: 'Router Nova: erste Eindrücke', kind: 'question', team: { id: '12', name: 'Störungen' }, waiting_since: ago(180) })
  const opening = say(launch, 1500, 'Der neue Router Nova ist da. Bei mir bricht das WLAN ab, sobald beide Bänder an sind. Hat jemand eine Lösung?')
  const crowd = ['Hier genauso, seit dem Update.', 'Bei mir läuft er einwandfrei.', 'Kanal fest einstellen hat geholfen.', 'Welche Firmware habt ihr?', '1.4.2, ab Werk.', 'Ich habe ihn zurückgeschickt.', 'Mit Kabel ist alles gut.', 'Der alte war besser.']
  for (let index = 0; index < 42; index++) {
    say(launch, 1490 - index * 20, crowd[index % crowd.length], { depth: 1 + (index % 3), in_reply_to: opening.id, author: { id: newId(), name: `Mitglied ${index + 1}`, handle: `m${index + 1}`, is_party: false } })
    if (index === 20) say(launch, 1490 - index * 20 - 5, 'Kanal fest einstellen hat bei mir leider nichts geändert.', { depth: 2 })
  }
  say(launch, 180, 'Gibt es schon eine Aussage von Telvia dazu?', { depth: 1 })

  const mail = openConversation(world, { inbox: form, at: ago(400), contact: ['Hildegard Weiß', 'h.weiss@post.example'], subject: 'Rollstuhlplatz am 3. Dezember', visibility: 'private', kind: 'request', waiting_since: ago(400), unread: true })
  say(mail, 400, 'Sehr geehrte Damen und Herren,\n\nich reise am 3. Dezember mit dem 10:04 von Flensburg nach Hamburg und brauche einen Rollstuhlplatz sowie eine Einstiegshilfe. Ist das so kurzfristig möglich?\n\nMit freundlichen Grüßen\nHildegard Weiß')

  const thanks = openConversation(world, { inbox: plauder, at: ago(32), contact: ['Emre', '@emre_k'], kind: 'praise', tags: [praise], assignee: jonas })
  say(thanks, 32, 'An die Zugbegleiterin im RE 70 um 7:12: Danke, dass Sie auf meine Tochter gewartet haben. Das war groß.')

  const texts = [
    ['Warum hält der RB 62 nicht mehr in Tornesch?', 'question'], ['Mein Ticket wurde doppelt abgebucht, bitte um Prüfung.', 'request'], ['WLAN im Zug geht seit Elmshorn nicht.', 'complaint'],
    ['Could you add bike spaces to the 8:15? It is packed every day.', 'suggestion'], ['Wann öffnet der Schalter in Husum wieder?', 'question'], ['My contract ends in March. What can you offer?', 'interest'],
    ['Schon wieder keine Klimaanlage in Wagen 4.', 'complaint'], ['Ich habe meinen Schirm im RE 6 liegen lassen, dunkelblau, Griff aus Holz.', 'request'], ['Gilt das Deutschlandticket auch im Nachtbus?', 'question'],
    ['Rechnung 11/2026 stimmt nicht, die Grundgebühr steht zweimal drauf.', 'complaint'], ['Super Service am Telefon heute, danke an Frau Jansen.', 'praise'], ['Techniker nicht gekommen, neuer Termin?', 'request'],
  ]
  const people = [['Lea Vogt', '@lea_v'], ['Karl-Heinz Möller', 'kh.moeller@post.example'], ['Priya Nair', '@priya'], ['Finn', '@finn_0815'], ['Dagmar Östreich', '@dagmar'], ['Oliver Hayes', '@ohayes'], ['Svenja Kröger', 'svenja@post.example'], ['Nikolaus Graf', '@nik']]
  for (let index = 0; index < 90; index++) {
    const [body, kind] = texts[index % texts.length]
    const box = [plauder, form, forum, plauder, telvia][index % 5]
    const minutes = 45 + index * 37
    const status = index % 9 === 4 ? 'waiting' : index % 11 === 5 ? 'snoozed' : index % 6 === 3 ? 'resolved' : 'open'
    const item = openConversation(world, {
      inbox: box, at: ago(minutes), contact: people[index % people.length], kind: index % 3 === 0 ? null : kind, status,
      snoozed_until: status === 'snoozed' ? ago(-600) : null, visibility: box.channel === 'form' ? 'private' : 'public',
      waiting_since: status === 'open' ? ago(minutes) : null, unread: index % 4 === 0, assignee: [null, mia, jonas, null, aylin, null][index % 6],
      tags: index % 5 === 2 ? [wifi] : index % 7 === 1 ? [refund] : [], priority: index % 17 === 3 ? 'urgent' : index % 13 === 4 ? 'low' : 'normal',
    })
    say(item, minutes, body)
    if (status !== 'open') answer(item, minutes - 20, 'Vielen Dank für Ihre Nachricht. Wir kümmern uns darum und melden uns bis morgen Mittag.', { visibility: item.visibility === 'private' ? 'private' : 'public', by: 'Jonas Petersen' })
  }
  // What networks allow, and until when.
  const write = (id, minutes, contact, body, part = {}) => {
    const item = openConversation(world, { inbox: box(id), at: ago(minutes), contact, kind: 'request', waiting_since: ago(minutes), ...part })
    say(item, minutes, body)
    return item
  }
  const at = { visibility: 'private', assignee: mia }
  write('35', 2900, ['Petra Lohse', null], 'Mein Ticket kam nie an, die Buchung ist bezahlt.', { assignee: mia, window: { private: { hand_over: 'one_message', until: ago(-7180) } } })
  write('35', 1400, ['Timo Brand', null], 'Können Sie mir die Rechnung noch einmal schicken?', { ...at, window: { private: { until: ago(-40) } } })
  write('35', 11_000, ['Silke Arp', null], 'Ist der Lift in Itzehoe wieder in Ordnung?', { assignee: mia, window: { private: { hand_over: 'one_message', until: ago(920), send: false, reason: 'channel.reason.private_reply_too_late' } } })
  write('36', 2000, ['Nadine Kolb', '+49 170 5550101'], 'Wann kommt der Ersatzbus?', { ...at, window: { private: { until: ago(560), send: false, reason: 'channel.reason.reply_window_closed' } } })
  write('37', 25, ['Ruth Ohlsen', '@ruth_ohlsen'], '@nordtalbahn Gilt das Länderticket auch im RE 7?', { assignee: mia, window: { private: { hand_over: 'message' } } })
  write('38', 70, ['Deniz', '@deniz_k'], 'Seit dem Update keine SMS mehr. Wer noch?', { assignee: mia, window: { private: { hand_over: 'link' } } })
  const sms = write('39', 50, ['Marga Thiel', '+49 151 5550177'], 'Mein Tarif wurde ohne mich geändert.', at)
  answer(sms, 45, 'Guten Tag Frau Thiel, wir sehen nach und melden uns heute noch.', { visibility: 'private', delivery: { state: 'queued', send_at: null, sent_at: null, attempts: 0, next_attempt_at: ago(-95), can_check: false, reason: { class: 'retry_after', detail: 'limit of the account' } } })
  world.quarantine.push(
    { id: newId(), inbox: named(telvia), received_at: ago(51), reason: { class: 'missing_field', facts: { field: 'author' }, detail: 'the field author is missing' }, attempts: 1, size: 1824, raw: '{"items":[{"type":"post","id":"p-77","text":"Hallo"}]}' },
    { id: newId(), inbox: named(forum), received_at: ago(2600), reason: { class: 'unreadable', facts: {}, detail: 'not readable: unexpected end of file' }, attempts: 2, size: 212, raw: '<?xml version="1.0"?><rss><channel><title>Forum</title>' },
  )
  world.alerts.push(
    { id: newId(), kind: 'message_not_sent', at: ago(39), conversation_id: fibre.id, inbox: named(telvia), reason: { class: 'auth_broken', detail: null } },
    { id: newId(), kind: 'inbox_broken', at: ago(50), conversation_id: null, inbox: named(telvia), reason: { class: 'auth_broken', detail: 'signature refused by the network' } },
  )
}

export function event(kind, minutes, name, facts) {
  return { seq: newId(), at: ago(minutes), kind, actor: { name, kind: 'agent' }, facts }
}
