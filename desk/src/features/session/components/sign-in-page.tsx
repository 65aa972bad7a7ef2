// The door: e-mail and password, in the browser's language until the agent's own is known.
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import { Problem } from '../../../lib/api/client'
import { signIn } from '../api/sign-in'
import { Door } from './door'

export function SignInPage({ onSignedIn }: { onSignedIn: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const describe = useProblemText()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setTrouble(null)
    try {
      await signIn(client, email.trim(), password)
      onSignedIn()
    } catch (problem) {
      setTrouble(problem instanceof Problem && problem.code === 'unauthenticated' ? t('desk.problem.wrong_password') : describe(problem))
      setBusy(false)
    }
  }
  return (
    <Door title={t('desk.sign_in.title')} onSubmit={(event) => void submit(event)} trouble={trouble}>
      <TextInput type="email" name="email" autoComplete="username" required autoFocus label={t('desk.sign_in.email')} value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
      <PasswordInput name="password" autoComplete="current-password" required label={t('desk.sign_in.password')} value={password} onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': t('desk.sign_in.show_password') }} />
      <Button type="submit" fullWidth loading={busy} size="md" mt="xs">{t('desk.sign_in.act')}</Button>
    </Door>
  )
}
