// The listening post of the fake server: searches, what trying them gives, and hits.
import { ago, makeMessage, newId, openConversation } from './world.mjs'

const COVERAGE = { webhook: 'channel.coverage.incoming', x: 'channel.coverage.x', feed: 'channel.coverage.feed' }

export function createListening(world, answers) {
  const { json, problem, page } = answers
  const places = (inboxes) => inboxes.map(({ id, budget }) => {
    const box = world.inboxes.find((one) => one.id === id)
    return { inbox: { id, name: box.name, channel: box.channel }, way: box.channel === 'x' ? 'network' : 'incoming', coverage: COVERAGE[box.channel] ?? 'channel.coverage.incoming', budget: budget ?? 200, used_today: box.channel === 'x' ? 50 : 0, asked_at: null, next_at: null, trouble: null }
  })
  const waiting = (search) => world.hits.filter((hit) => hit.search_id === search.id && !hit.dismissed_at && !hit.message.conversation_id).length
  const shown = (search) => ({ ...search, waiting: waiting(search) })

  function searches(method, id, verb, body, query) {
    if (!id && method === 'GET') return page(world.searches.map(shown))
    if (id === 'try') return json(200, { count: 2, looked_at: 40, days: 30, examples: [{ text: 'Die Nordtalban ist zu spät', author: 'Ute', url: null, at: ago(90) }], networks: places(body.inboxes.map((one) => ({ id: one }))).map(({ inbox, way, coverage }) => ({ inbox, way, coverage, found: way === 'network' ? 3 : null, examples: [], trouble: null })) })
    if (!id) {
      const made = { id: newId(), version: 1, state: 'draft', take_up: null, ...body, brand: world.brands.find((brand) => brand.id === body.brand), inboxes: places(body.inboxes) }
      world.searches.push(made)
      return json(201, shown(made))
    }
    const search = world.searches.find((one) => one.id === id)
    if (!search) return problem(404, 'not_found')
    if (verb === 'hits') {
      const state = query.state ?? 'open'
      return page(world.hits.filter((hit) => hit.search_id === id && (hit.message.conversation_id ? 'taken_up' : hit.dismissed_at ? 'dismissed' : 'open') === state))
    }
    if (method === 'DELETE') { world.searches.splice(world.searches.indexOf(search), 1); return json(204) }
    Object.assign(search, body, { version: search.version + 1, inboxes: body.inboxes ? places(body.inboxes) : search.inboxes })
    return json(200, shown(search))
  }

  function hits(id, verb, body) {
    const hit = world.hits.find((one) => one.id === id)
    if (!hit) return problem(404, 'not_found')
    if (verb === 'dismissal') { hit.dismissed_at = body.dismissed ? ago(0) : null; return json(204) }
    const conversation = openConversation(world, { inbox: hit.message.inbox, at: ago(5), contact: [hit.message.author.name, hit.message.author.handle] })
    hit.message.conversation_id = conversation.id
    return json(200, conversation)
  }

  world.searches ??= []
  world.hits ??= []
  /** Puts a search with one hit there, for tests. */
  const fill = (inbox = world.inboxes.find((one) => one.channel === 'x') ?? world.inboxes[0]) => {
    const search = { id: newId(), version: 1, name: 'Nordtalbahn', brand: world.brands[0], state: 'on', take_up: null, terms: { words: ['Nordtalbahn'], hashtags: [], mentions: [], without: [], slips: true, languages: [] }, inboxes: places([{ id: inbox.id, budget: 200 }]) }
    const message = makeMessage(world, { id: null, inbox: { id: inbox.id, name: inbox.name, channel: inbox.channel }, visibility: 'public', contact: null }, { body: 'Fährt die Nordtalbahn heute?', platform_at: ago(12), author: { id: '1', name: 'Ute Kern', handle: '@ute', is_party: false, is_agent: false } })
    message.title = null
    world.searches.push(search)
    world.hits.push({ id: message.id, search_id: search.id, found_at: ago(10), dismissed_at: null, message })
    return search
  }
  return { searches, hits, fill }
}
