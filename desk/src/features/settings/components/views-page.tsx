// Saved views: their names and who sees them; the filters themselves are set in the list.
import { Checkbox, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { viewsQuery } from '../../../lib/api/directory'
import { useMaySupervise } from '../../../lib/api/session'
import type { SavedView } from '../../../lib/api/types'
import { useChangeSetting } from '../api/change-setting'
import { useForm } from '../hooks/use-form'
import { CollectionPage } from './collection-page'
import { FormDialog } from './form-dialog'
import { RowActions } from './row-actions'
import classes from './settings.module.css'

export function ViewsPage() {
  const { t } = useTranslation()
  const maySupervise = useMaySupervise()
  const query = useQuery(viewsQuery)
  const { remove } = useChangeSetting<SavedView>('views')
  const [editing, setEditing] = useState<SavedView | null>(null)
  return (
    <>
      <CollectionPage name="views" columns={['name', 'shared']} query={query} count={query.data?.length ?? 0}>
        {query.data?.map((view) => {
          const isOurs = !view.shared || maySupervise
          return (
          <tr key={view.id}>
            <td><span className={classes.named}>{view.name}</span></td>
            <td data-label={t('desk.settings.column.shared')}>{t(view.shared ? 'desk.settings.everybody' : 'desk.settings.only_me')}</td>
            <td><RowActions name={view.name} onEdit={isOurs ? () => setEditing(view) : undefined} onDelete={isOurs ? () => remove(view) : undefined} /></td>
          </tr>
          )
        })}
      </CollectionPage>
      {editing && <ViewForm view={editing} onClose={() => setEditing(null)} />}
    </>
  )
}

function ViewForm({ view, onClose }: { view: SavedView; onClose: () => void }) {
  const { t } = useTranslation()
  const mayShare = useMaySupervise()
  const { save } = useChangeSetting<SavedView>('views')
  const form = useForm({ name: view.name, shared: view.shared }, async (values) => {
    await save(view, values)
    onClose()
  })
  return (
    <FormDialog title={view.name} form={form} onClose={onClose} size="sm">
      <TextInput label={t('desk.list.view_name')} required data-autofocus value={form.values.name} onChange={(event) => form.set('name', event.currentTarget.value)} />
      {mayShare && <Checkbox label={t('desk.list.view_shared')} checked={form.values.shared} onChange={(event) => form.set('shared', event.currentTarget.checked)} />}
    </FormDialog>
  )
}
