// Connecting an inbox at its network's own page: the button that leads there, what is missing before,
// what came of it, and the choice where there are several accounts.
import { Button, Select } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import type { Inbox } from '../../../lib/api/types'
import { leave } from '../../../lib/leave'
import { useConnection } from '../api/connection'
import classes from './settings.module.css'
import { Copyable } from './shown-once'

interface Props { inbox: Inbox; outcome: string | null; onOutcome: (outcome: string) => void }

export function ConnectBox({ inbox, outcome, onOutcome }: Props) {
  const { t, i18n } = useTranslation()
  const { connection, begin, choose } = useConnection(inbox.id)
  const describe = useProblemText()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const [account, setAccount] = useState<string | null>(null)
  if (!connection?.at) return null
  const { at, missing, choices, scopes } = connection
  const field = (name: string) => t(`channel.${inbox.channel}.${name}.title`)
  const run = async (work: () => Promise<void>) => {
    setBusy(true)
    setProblem(null)
    try {
      await work()
    } catch (trouble) {
      setProblem(describe(trouble))
    } finally {
      setBusy(false)
    }
  }
  const said = problem ?? (outcome && i18n.exists(`desk.connect.outcome.${outcome}`) ? t(`desk.connect.outcome.${outcome}`) : null)
  const isTrouble = problem !== null || outcome !== 'choose'
  const first = inbox.health.trouble?.class === 'unconnected'
  return (
    <section className={classes.connect} aria-label={t(first ? 'desk.connect.first' : 'desk.connect.again', { at })}>
      {said && <p className={isTrouble ? classes.trouble : classes.lead} role={isTrouble ? 'alert' : 'status'}>{said}</p>}
      {choices.length > 0 && (
        <>
          <Select label={t('desk.connect.choose')} data={choices.map(({ id, name }) => ({ value: id, label: name }))} value={account} onChange={setAccount} />
          <Button disabled={!account} loading={busy} onClick={() => void run(async () => { if (account) onOutcome(await choose(account)) })}>{t('desk.connect.chosen')}</Button>
        </>
      )}
      {missing.length > 0 ? (
        <p className={classes.small}>{t('desk.connect.missing', { fields: missing.map(field).join(', ') })}</p>
      ) : (
        <>
          <Button variant={choices.length > 0 ? 'default' : 'filled'} loading={busy} onClick={() => void run(async () => leave.to((await begin()).url))}>
            {t(first ? 'desk.connect.first' : 'desk.connect.again', { at })}
          </Button>
          <p className={classes.small}>{t('desk.connect.text', { at })} {!first && t('desk.connect.keeps')}</p>
        </>
      )}
      <details className={classes.more}>
        <summary>{t('desk.connect.scopes')}</summary>
        <ul className={classes.permits}>
          {scopes.map(({ name, purpose }) => <li key={name}>{t(purpose)} <code>{name}</code></li>)}
        </ul>
        <Copyable label={t('desk.connect.redirect')} value={connection.redirect_url} />
      </details>
    </section>
  )
}
