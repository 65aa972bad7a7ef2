// What is being written: one text, the accounts it goes to, a text of its own where one is given, files, and the time.
import { useMemo, useState } from 'react'
import { newIdempotencyKey } from '../../../lib/api/client'
import type { AnnouncingAccount, NewAnnouncement } from '../../../lib/api/types'
import { useNow } from '../../../lib/format/use-now'
import { measure, type Measure } from '../../../lib/length'

export interface Line {
  account: AnnouncingAccount
  chosen: boolean
  /** What would stand there. */
  text: string
  own: boolean
  measured: Measure
  /** Why the network would not take it as it is. */
  fault: 'empty' | 'too_long' | null
}

/** `files` are the ids of what is uploaded: they go along to every account. */
export function useDraftAnnouncement(accounts: AnnouncingAccount[], files: string[]) {
  const now = useNow()
  const [brand, setBrand] = useState<string | null>(null)
  const [text, setText] = useState('')
  const [own, setOwn] = useState<Record<string, string>>({})
  const [chosen, setChosen] = useState<string[]>([])
  const [at, setAt] = useState('')

  const brands = useMemo(() => [...new Map(accounts.map((account) => [account.brand.id, account.brand])).values()], [accounts])
  const current = brands.find((item) => item.id === brand) ?? brands[0]
  const lines = accounts
    .filter((account) => account.brand.id === current?.id)
    .map((account): Line => {
      const { id } = account.inbox
      const shown = (own[id] ?? text).trim()
      const measured = measure(shown, account.capability)
      return {
        account,
        chosen: account.capability.send && chosen.includes(id),
        text: shown,
        own: id in own,
        measured,
        fault: shown === '' && files.length === 0 ? 'empty' : measured.over ? 'too_long' : null,
      }
    })
  const taken = lines.filter((line) => line.chosen)
  const late = at !== '' && !(Date.parse(at) > now)
  const body: NewAnnouncement = {
    brand: current?.id ?? '',
    text,
    texts: Object.fromEntries(taken.filter((line) => line.own).map((line) => [line.account.inbox.id, line.text])),
    inboxes: taken.map((line) => line.account.inbox.id),
    ...(files.length > 0 ? { attachments: files } : {}),
    ...(at ? { send_at: new Date(at).toISOString() } : {}),
  }
  const idempotencyKey = useKeyOf(JSON.stringify(body))
  return {
    brands,
    brand: current,
    text,
    lines,
    taken,
    at,
    late,
    body,
    ready: taken.length > 0 && taken.every((line) => !line.fault) && !late,
    idempotencyKey,
    setBrand: (id: string) => { setBrand(id); setChosen([]) },
    setText,
    setAt,
    choose: ({ id, on }: { id: string; on: boolean }) => setChosen((known) => (on ? [...known, id] : known.filter((one) => one !== id))),
    chooseAll: (on: boolean) => setChosen(on ? lines.filter((line) => line.account.capability.send).map((line) => line.account.inbox.id) : []),
    setOwn: ({ id, words }: { id: string; words: string | null }) =>
      setOwn(({ [id]: _before, ...rest }) => (words === null ? rest : { ...rest, [id]: words })),
    clear: () => {
      setText('')
      setOwn({})
      setAt('')
    },
  }
}

/** Another content is another request. */
function useKeyOf(content: string): string {
  const [known, setKnown] = useState(() => ({ content, key: newIdempotencyKey() }))
  if (known.content === content) return known.key
  const next = { content, key: newIdempotencyKey() }
  setKnown(next)
  return next.key
}

export type DraftAnnouncement = ReturnType<typeof useDraftAnnouncement>
