// Texts that are hard to count, the same in every run: invented words in many scripts, links in every shape, names,
// emoji of all kinds, and long ones around the limits of the networks. Nobody ever wrote one of them.

const SEED = 20_261_122
const HOW_MANY = 2000

/** A small generator of evenly spread numbers (mulberry32). */
function makeDice(seed) {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (end) => Math.floor(next() * end)
  const pick = (list) => list[below(list.length)]
  return { below, pick, between: (first, last) => first + below(last - first + 1), happens: (share) => next() < share }
}

const cut = (text) => text.split(' ')

const SYLLABLES = {
  german: cut('ban sträu ßel grö mül zwie tach kür wun fä lich keit ung heß öl schmau rei ger pfü äp'),
  english: cut('wob ling thra ster ock ily fen dray mung hoo ble quin tash wick ery spo dle nar'),
  french: cut('vrê çoi lœu nau geâ tré pli ô mou sû ïl ëra gné'),
  polish: cut('szczę łó żyw ćma ńsk wą gę źle'),
  turkish: cut('ğı şu çek ün İl ıra bö'),
  vietnamese: cut('ngướ thuậ Ồn đẹ phở ằng'),
  greek: cut('λο φα ψη ξύ δώ ρι σας Θέ'),
  russian: cut('шку пря гло ёж выс тро щен'),
  arabic: cut('مرو كتا ضفي غزل شها'),
  hebrew: cut('שלו מגד חצי פרט'),
  hindi: cut('नक्ष त्रि क्ष्म प्ला ज्ञो स्ते हिं'),
  tamil: cut('நிக் கௌ ஸ்ரீ மொழி'),
  thai: cut('กำน้ ที่ว ปฏิ ศรี'),
  japanese: cut('ぱぴ プヨ 森波 ガギ か゚ っ 東風'),
  chinese: cut('云木 風鈴 石墨 長安 泉'),
  korean: cut('뿌린 갉곰 각 한찬 ㅋㅋ'),
  astral: cut('𝒜𝔟 𠮷野 𓀀 🜁 𐍈𐌰'),
  letters: cut('ﬁnk ½ ² ™ ŉ ǆ ﷺ Ⅷ ⓐ'),
}
const SCRIPTS = Object.keys(SYLLABLES)

const MARKED = ['e\u0301', 'u\u0308', 'n\u0303o', 'a\u0323\u0302', 'Z\u0351\u036B\u0343a\u0334\u0321', '\u0301', 'क\u093C\u094D', 'o\u20DD', '\u200Bx', 'a\u200Db', '\u00ADs', '\uFEFFq', 'x\u2060y']
const EMOJI = cut('😀 🎉 👍 🐘 ⚽ ☎ ☎️ ❤ ❤️ ☀️ ✔ © ©️ ® ™️ ㊗️ 🈁 ‼️ ↔️ ⌚ ▶️ 🀄 🃏')
const COMPOSED = cut('👍🏽 👋🏿 🙋🏼 👩‍🚒 👩🏾‍🚒 👨‍👩‍👧‍👦 👩‍❤️‍👨 🏃🏿‍♂️ 🤷🏼‍♀️ 🏳️‍🌈 🏴‍☠️ 👁️‍🗨️ 🇩🇪 🇦🇹 🇨🇭🇱🇮 🇪🇺 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣ #️⃣ *⃣ 👨🏻‍🦰')
const BROKEN = ['🇩', '🇩🇪🇦', '\u200D', '👩\u200D', '\u200D🚒', '🏽', '\uFE0F', '☎\uFE0E', '⌚\uFE0E', '1\uFE0F', '🏴󠁧󠁢']
const YOUNG = cut('🥲 🫠 🫡 🫱🏽‍🫲🏿 ❤️‍🔥 🧔‍♀️ 🐦‍🔥 🍋‍🟩 👩🏼‍❤️‍👩🏿 🏃‍➡️ 🫩')

const BASIC = cut('@ £ $ ¥ è é ù ì ò Ç Ø ø Å å Δ _ Φ Γ Λ Ω Π Ψ Σ Θ Ξ Æ æ ß É ! " # ¤ % & ( ) * + , - . / : ; < = > ? ¡ Ä Ö Ñ Ü § ¿ ä ö ñ ü à')
const EXTENDED = cut('^ { } \\ [ ~ ] | €').concat('\f')
const NOT_GSM = cut('ç ` „ “ – … ê Č ‚ ’ •')

const HOSTS = cut('wobling.de www.thraster.com quin-tash.org ban.de müller.de grösse-straße.berlin münch.xn--p1ai xn--mller-kva.com a.b.c.thra.co.uk ock.museum ily.io a1.eu 東風.jp fen.한국 шку.рф ΘΈ.gr heß.app _x.dray.net a_b.dray.net -wob.de wob-.de mung.invalidend netz.example hoo.c d.co localhost 10.20.30.40 t.co')
const PATHS = ['', '', '', '/', '/hilfe', '/a/b.html', '/x_(y)', '/x_(y_(z))', '/(a', '/a)', '/wob?q=1', '?q=1', '?q=a&b=ü', '/a?b=c&d=e', '/#teil', '/a#b', '/!wob', '/@wob/12', '/@wob@fen.de', '/größe', '/шку/про', '/東風', '/a–b', '/%C3%A4', '/a,b.', '/a…', '/mc²', '/a;b=c', '/x=', '/tach-', '/~wob', ':8080/x', ':8080', ':x', '/a//b', '/a?b?c', '?', '/?', '/wob.', '/a\'b']
const AFTER = ['', '', '', '', '.', ',', '!', '?', ')', '):', '”', '“', '…', ';', '\'', '"', '>', ']', '/', '-', '*', '@', '日', 'ü', '\u0301', '👍', '。', ')))']
const BEFORE = ['', '', '', '', '', '(', '„', '"', '<', '/', '@', '#', '$', '-', '_', '.', ':', 'x', 'ü', '日', '👍', '\uFEFF', '=']
const PROTOCOLS = ['https://', 'https://', 'https://', 'http://', 'HTTPS://', 'Http://', '', '', '', 'ftp://', '://', 'http:/', 'https://https://', 'gemini://', 'mailto:']
const NAMES = ['anna', 'ben.k', 'x_y', 'wob-ling', 'A1', 'ock.', '_', 'a..b', 'müller', 'thra.ster.fen']
const SERVERS = ['netz.example', 'fen.social', 'a-b.example', 'müll.example', 'x', 'dray', 'netz.example.', 'netz..example', '-x.de', 'шку.рф', 'a_b.org', 'netz.example:8080']
const GAPS = [' ', ' ', ' ', ' ', ' ', ' ', ' ', '', '\n', '\n', '\r\n', '\n\n', '\t', '\u00A0', '\u2003', '\u3000', '\r', '\u2028', ', ', ' – ']

function makeWord(dice, script = dice.happens(0.55) ? dice.pick(['german', 'english']) : dice.pick(SCRIPTS)) {
  const word = Array.from({ length: dice.between(1, 4) }, () => dice.pick(SYLLABLES[script])).join('')
  return dice.happens(0.2) ? word.charAt(0).toUpperCase() + word.slice(1) : word
}

const KINDS = {
  word: (dice) => makeWord(dice),
  link: (dice) => dice.pick(BEFORE) + dice.pick(PROTOCOLS) + dice.pick(HOSTS) + dice.pick(PATHS) + dice.pick(AFTER),
  plainLink: (dice) => `https://${dice.pick(HOSTS)}${dice.pick(PATHS)}${dice.pick(AFTER)}`,
  ownLink: (dice) => `https://t.co/${'aB3'.repeat(dice.between(0, 15))}${dice.pick(['', '/x', '?q=1', '-', '.'])}`,
  longLink: (dice) => `https://${dice.pick(['ban', 'ü', 'шк', '東'])}${dice.pick(['ock', 'ä', 'ж', '風']).repeat(dice.between(8, 24))}.de/${'a/'.repeat(dice.between(0, 40))}`,
  name: (dice) => `${dice.pick(BEFORE)}@${dice.pick(NAMES)}${dice.pick(AFTER)}`,
  farName: (dice) => `${dice.happens(0.7) ? '' : dice.pick(BEFORE)}@${dice.pick(NAMES)}@${dice.pick(SERVERS)}${dice.happens(0.7) ? '' : dice.pick(AFTER)}`,
  mail: (dice) => `${dice.pick(NAMES)}@${dice.pick(SERVERS)}`,
  tag: (dice) => `${dice.pick(['#', '#', '＃', '$'])}${makeWord(dice)}${dice.pick(AFTER)}`,
  number: (dice) => dice.pick(['17:30', '3.14', 'v2.0', 'Nr.5', '1.000,50 €', '+49 30 1234', 'z.B.', 'u.a.', 'd.h.', 'x.y', '§12', '50%']),
  emoji: (dice) => dice.pick(EMOJI),
  composed: (dice) => dice.pick(COMPOSED).repeat(dice.happens(0.2) ? 2 : 1),
  broken: (dice) => dice.pick(BROKEN),
  marked: (dice) => dice.pick(MARKED),
  gsmWord: (dice) => makeWord(dice, dice.pick(['german', 'english'])),
  gsm: (dice) => Array.from({ length: dice.between(1, 6) }, () => dice.pick(dice.happens(0.3) ? EXTENDED : BASIC)).join(''),
  notGsm: (dice) => dice.pick(NOT_GSM),
  young: (dice) => dice.pick(YOUNG),
}
const MIXES = [
  ['word', 'word', 'word', 'link', 'plainLink', 'emoji', 'number'],
  ['word', 'word', 'farName', 'name', 'plainLink', 'link', 'mail', 'tag'],
  ['word', 'emoji', 'composed', 'broken', 'marked'],
  ['gsmWord', 'gsmWord', 'gsm', 'number'],
  ['gsmWord', 'gsm', 'plainLink'],
  ['gsmWord', 'gsmWord', 'notGsm', 'number'],
  ['link', 'link', 'plainLink', 'ownLink', 'longLink', 'word'],
  Object.keys(KINDS).filter((kind) => kind !== 'young'),
]

function mix(dice, kinds, pieces) {
  return Array.from({ length: pieces }, () => KINDS[dice.pick(kinds)](dice) + dice.pick(GAPS)).join('')
}

/** A text of exactly so many UTF-16 units, or one fewer where the last sign takes two. */
function fill(dice, units, make) {
  let text = ''
  while (text.length < units) text += make(dice)
  const last = text.charCodeAt(units - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? units - 1 : units)
}

const FILLINGS = [
  (dice) => `${makeWord(dice, 'german').replace(/[^\w äöüÄÖÜß]/g, '')} `,
  (dice) => (dice.happens(0.1) ? dice.pick(EXTENDED) : dice.pick(['a', 'b', ' ', 'é', 'ß'])),
  (dice) => `${makeWord(dice, 'russian')} `,
  (dice) => dice.pick(['日', '長', '泉']),
  (dice) => (dice.happens(0.15) ? dice.pick(EMOJI) : `${makeWord(dice, 'english')} `),
  (dice) => dice.pick(COMPOSED),
  (dice) => (dice.happens(0.2) ? dice.pick(MARKED) : makeWord(dice, 'polish')),
  (dice) => (dice.happens(0.06) ? `${KINDS.plainLink(dice)} ` : `${makeWord(dice)} `),
]
/** Around what the networks take: parts of SMS, X, Bluesky, Mastodon, Twilio. */
const EDGES = [70, 134, 160, 201, 280, 300, 306, 459, 500]
const FAR_EDGES = [1000, 1600]

export function makeTexts() {
  const dice = makeDice(SEED)
  const texts = new Set(['', ' ', '\n', '.', '@', 'a', '€', '👍', 'https://wobling.de', 'wobling.de'])
  for (const edge of EDGES) {
    for (const make of FILLINGS) for (const off of [-1, 0, 1]) texts.add(fill(dice, edge + off, make))
  }
  for (const edge of FAR_EDGES) for (const make of FILLINGS) texts.add(fill(dice, edge + dice.between(-1, 1), make))
  for (let pieces = 0; pieces < 60; pieces++) texts.add(mix(dice, ['word', 'young', 'composed', 'link'], dice.between(1, 6)) + dice.pick(YOUNG))
  while (texts.size < HOW_MANY) {
    const text = mix(dice, dice.pick(MIXES), dice.between(1, dice.happens(0.1) ? 30 : 8))
    texts.add(dice.happens(0.5) ? text.trim() : text)
  }
  return [...texts]
}
