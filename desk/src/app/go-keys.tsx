// `g` and a letter: to the views and places.
import { useNavigate } from '@tanstack/react-router'
import { useShortcut } from '../lib/shortcuts/use-shortcut'

export function GoKeys() {
  const navigate = useNavigate()
  const go = (view: string) => void navigate({ to: '/conversations', search: { view } })
  useShortcut('go_mine', () => go('mine'))
  useShortcut('go_unassigned', () => go('unassigned'))
  useShortcut('go_open', () => go('open'))
  useShortcut('go_waiting', () => go('waiting'))
  useShortcut('go_snoozed', () => go('snoozed'))
  useShortcut('go_resolved', () => go('resolved'))
  useShortcut('go_mentions', () => go('mentions'))
  useShortcut('go_overview', () => void navigate({ to: '/overview' }))
  return null
}
