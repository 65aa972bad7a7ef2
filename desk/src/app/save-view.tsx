// Keeps the filters that are set as a view of its own.
import { Button, Checkbox, Popover, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import IconBookmarkPlus from '@tabler/icons-react/dist/esm/icons/IconBookmarkPlus.mjs'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../components/icon-button'
import { useProblemText } from '../components/use-problem-text'
import { call } from '../lib/api/client'
import { keys } from '../lib/api/keys'
import { useMaySupervise } from '../lib/api/session'
import type { SavedView } from '../lib/api/types'
import { countExtraFilters, type Filters, type ListSearch } from '../lib/filters'
import { say } from '../lib/toast'

export function SaveView({ filters, search }: { filters: Filters; search: ListSearch }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const navigate = useNavigate()
  const describe = useProblemText()
  const mayShare = useMaySupervise()
  const [opened, setOpened] = useState(false)
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  if (countExtraFilters(search) === 0 && !search.q) return null
  const save = async () => {
    try {
      const view = await call<SavedView>('POST', '/views', { body: { name: name.trim(), shared, filter: filters } })
      await client.invalidateQueries({ queryKey: keys.views })
      setOpened(false)
      setName('')
      void navigate({ to: '/conversations', search: { view: `saved:${view.id}` } })
    } catch (problem) {
      say(describe(problem), { tone: 'trouble' })
    }
  }
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={260} trapFocus returnFocus>
      <Popover.Target>
        <IconButton label={t('desk.list.save_view')} onClick={() => setOpened(!opened)} expanded={opened}>
          <IconBookmarkPlus size={18} stroke={1.7} aria-hidden="true" />
        </IconButton>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('desk.list.save_view')}>
        <form
          style={{ display: 'grid', gap: 10 }}
          onSubmit={(event) => {
            event.preventDefault()
            void save()
          }}
        >
          <TextInput data-autofocus required label={t('desk.list.view_name')} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          {mayShare && <Checkbox label={t('desk.list.view_shared')} checked={shared} onChange={(event) => setShared(event.currentTarget.checked)} />}
          <Button type="submit" size="xs" disabled={!name.trim()}>{t('desk.act.save')}</Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}
