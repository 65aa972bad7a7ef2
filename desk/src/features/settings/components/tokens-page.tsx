// API tokens of one's own: made with scopes, shown once, ended at any time.
import { Checkbox, TextInput } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Moment } from '../../../components/moment'
import { call } from '../../../lib/api/client'
import { keys } from '../../../lib/api/keys'
import { sessionQuery } from '../../../lib/api/session'
import type { Page, Token } from '../../../lib/api/types'
import { useChangeSetting } from '../api/change-setting'
import { useForm } from '../hooks/use-form'
import { CollectionPage } from './collection-page'
import { FormDialog } from './form-dialog'
import { RowActions } from './row-actions'
import classes from './settings.module.css'
import { ShownOnce } from './shown-once'

const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: async ({ signal }) => {
    const answer = await call<Page<Token>>('GET', '/tokens', { signal })
    return answer.items
  },
})

export function TokensPage() {
  const { t } = useTranslation()
  const query = useQuery(tokensQuery)
  const { data: session } = useQuery(sessionQuery)
  const possible = session?.permissions ?? []
  const words = useScopeWords()
  const { remove } = useChangeSetting<Token>('tokens')
  const [adding, setAdding] = useState(false)
  const [made, setMade] = useState<Token | null>(null)
  return (
    <>
      <CollectionPage name="tokens" columns={['name', 'scopes', 'last_used']} query={query} count={query.data?.length ?? 0} onAdd={() => setAdding(true)}>
        {query.data?.map((token) => (
          <tr key={token.id}>
            <td><span className={classes.named}>{token.name}</span></td>
            <td className={classes.small}>{possible.every((scope) => token.scopes.includes(scope)) ? t('desk.settings.all_scopes') : token.scopes.map(words).join(', ')}</td>
            <td data-label={t('desk.settings.column.last_used')}>{token.last_used_at ? <Moment at={token.last_used_at} /> : t('desk.settings.never')}</td>
            <td><RowActions name={token.name} onDelete={() => remove(token)} deleteText={t('desk.settings.end_token')} /></td>
          </tr>
        ))}
      </CollectionPage>
      {adding && <TokenForm onClose={() => setAdding(false)} onMade={setMade} />}
      {made?.token && (
        <ShownOnce
          title={made.name}
          text={t('desk.settings.token_once')}
          shown={[{ label: t('desk.settings.token'), value: made.token }]}
          onClose={() => setMade(null)}
        />
      )}
    </>
  )
}

/** What tokens may, in words; a scope without words says its own name. */
function useScopeWords() {
  const { t, i18n } = useTranslation()
  return (scope: string) => {
    const key = `desk.scope.${scope.replaceAll(':', '_')}`
    return i18n.exists(key) ? t(key) : scope
  }
}

function TokenForm({ onClose, onMade }: { onClose: () => void; onMade: (token: Token) => void }) {
  const { t } = useTranslation()
  const { data: session } = useQuery(sessionQuery)
  const possible = session?.permissions ?? []
  const words = useScopeWords()
  const { save } = useChangeSetting<Token>('tokens')
  const form = useForm({ name: '', scopes: possible }, async (values) => {
    const token = await save(null, values)
    onClose()
    onMade(token)
  })
  const { values, set, errors } = form
  return (
    <FormDialog title={t('desk.settings.add.tokens')} form={form} onClose={onClose}>
      <TextInput label={t('desk.field.token_name')} required data-autofocus error={errors.name} value={values.name} onChange={(event) => set('name', event.currentTarget.value)} />
      {possible.length > 0 && (
        <Checkbox.Group label={t('desk.field.scopes')} value={values.scopes} onChange={(scopes) => set('scopes', scopes)} error={errors.scopes}>
          <div className={classes.scopes}>{possible.map((scope) => <Checkbox key={scope} value={scope} label={words(scope)} />)}</div>
        </Checkbox.Group>
      )}
    </FormDialog>
  )
}
