// What each agent sets for themselves: language, theme, keys, initials, password.
import { Button, PasswordInput, SegmentedControl, Switch, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PageFrame, Section } from '../../../components/page-frame'
import { useProblemText } from '../../../components/use-problem-text'
import { call } from '../../../lib/api/client'
import { useAgent } from '../../../lib/api/session'
import type { Language, Theme } from '../../../lib/api/types'
import { say } from '../../../lib/toast'
import { useChangePreferences } from '../api/change-preferences'
import { SHORTEST_PASSWORD } from './invitation-page'

const LANGUAGES = ['de', 'en'] as const
const THEMES = ['auto', 'light', 'dark'] as const

export function PreferencesPage({ lead }: { lead?: ReactNode }) {
  const { t } = useTranslation()
  const agent = useAgent()
  const change = useChangePreferences()
  const [initials, setInitials] = useState(agent.initials ?? '')
  return (
    <PageFrame title={t('desk.preferences.title')} lead={lead} narrow>
      <Section title={t('desk.preferences.language')}>
        <SegmentedControl
          aria-label={t('desk.preferences.language')}
          data={LANGUAGES.map((value) => ({ value, label: t(`desk.language.${value}`) }))}
          value={agent.language}
          onChange={(value) => void change({ language: value as Language })}
        />
      </Section>
      <Section title={t('desk.preferences.theme')}>
        <SegmentedControl
          aria-label={t('desk.preferences.theme')}
          data={THEMES.map((value) => ({ value, label: t(`desk.theme.${value}`) }))}
          value={agent.theme}
          onChange={(value) => void change({ theme: value as Theme })}
        />
      </Section>
      <Section title={t('desk.preferences.keys')}>
        <Switch
          checked={agent.single_key_shortcuts}
          label={t('desk.preferences.single_keys')}
          description={t('desk.preferences.single_keys_text')}
          onChange={(event) => void change({ single_key_shortcuts: event.currentTarget.checked })}
        />
      </Section>
      <Section title={t('desk.preferences.initials')} text={t('desk.preferences.initials_text')}>
        <TextInput
          label={t('desk.preferences.initials_field')}
          value={initials}
          maxLength={6}
          w={140}
          onChange={(event) => setInitials(event.currentTarget.value)}
          onBlur={() => {
            if (initials !== (agent.initials ?? '')) void change({ initials: initials || null })
          }}
        />
        <Switch
          mt="sm"
          checked={agent.initials_consent}
          label={t('desk.preferences.initials_consent')}
          onChange={(event) => void change({ initials_consent: event.currentTarget.checked })}
        />
      </Section>
      <Section title={t('desk.preferences.password')}>
        <PasswordForm email={agent.email} />
      </Section>
    </PageFrame>
  )
}

function PasswordForm({ email }: { email: string }) {
  const { t } = useTranslation()
  const describe = useProblemText()
  const [current, setCurrent] = useState('')
  const [fresh, setFresh] = useState('')
  const [trouble, setTrouble] = useState<string | null>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (fresh.length < SHORTEST_PASSWORD) return setTrouble(t('desk.password.too_short', { count: SHORTEST_PASSWORD }))
    try {
      await call('POST', '/session/password', { body: { current, new: fresh } })
      setCurrent('')
      setFresh('')
      setTrouble(null)
      say(t('desk.did.password'))
    } catch (problem) {
      setTrouble(describe(problem))
    }
  }
  const show = { visibilityToggleButtonProps: { 'aria-label': t('desk.sign_in.show_password') } }
  return (
    <form onSubmit={(event) => void submit(event)} style={{ display: 'grid', gap: 10, maxWidth: 340 }}>
      <input type="email" autoComplete="username" value={email} readOnly hidden />
      <PasswordInput autoComplete="current-password" required label={t('desk.preferences.current')} value={current} onChange={(event) => setCurrent(event.currentTarget.value)} {...show} />
      <PasswordInput autoComplete="new-password" required label={t('desk.preferences.new')} description={t('desk.password.rule', { count: SHORTEST_PASSWORD })} error={trouble} value={fresh} onChange={(event) => setFresh(event.currentTarget.value)} {...show} />
      <div><Button type="submit" variant="default">{t('desk.preferences.change_password')}</Button></div>
    </form>
  )
}
