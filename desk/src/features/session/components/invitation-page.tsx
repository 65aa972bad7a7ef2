// Accepting an invitation: the person is greeted by name and sets a password.
import { Button, PasswordInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import { acceptInvitation, findInvitation } from '../api/sign-in'
import { Door } from './door'

export const SHORTEST_PASSWORD = 12

export function InvitationPage({ secret, onSignedIn }: { secret: string; onSignedIn: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const describe = useProblemText()
  const invitation = useQuery({
    queryKey: ['invitation', secret],
    queryFn: ({ signal }) => findInvitation(secret, signal),
    retry: false,
  })
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (password.length < SHORTEST_PASSWORD) return setTrouble(t('desk.password.too_short', { count: SHORTEST_PASSWORD }))
    setBusy(true)
    try {
      await acceptInvitation(client, secret, password)
      onSignedIn()
    } catch (problem) {
      setTrouble(describe(problem))
      setBusy(false)
    }
  }
  if (invitation.isError) {
    return (
      <Door title={t('desk.invitation.gone')} text={t('desk.invitation.gone_text')} onSubmit={(event) => event.preventDefault()}>
        <a href="/desk/sign-in">{t('desk.sign_in.act')}</a>
      </Door>
    )
  }
  const { name = '', email = '' } = invitation.data ?? {}
  return (
    <Door title={t('desk.invitation.title', { name })} text={t('desk.invitation.text', { email })} trouble={trouble} onSubmit={(event) => void submit(event)}>
      <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />
      <PasswordInput name="password" autoComplete="new-password" required autoFocus label={t('desk.invitation.password')} description={t('desk.password.rule', { count: SHORTEST_PASSWORD })} value={password} onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': t('desk.sign_in.show_password') }} />
      <Button type="submit" fullWidth loading={busy} size="md" disabled={!invitation.isSuccess}>{t('desk.invitation.act')}</Button>
    </Door>
  )
}
