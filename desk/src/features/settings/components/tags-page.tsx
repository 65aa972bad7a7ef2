// Tags: free words with a colour, and how often they are used.
import { ColorInput, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { tagsQuery } from '../../../lib/api/directory'
import type { Tag } from '../../../lib/api/types'
import { formatNumber } from '../../../lib/format/number'
import { useChangeSetting } from '../api/change-setting'
import { useForm } from '../hooks/use-form'
import { CollectionPage } from './collection-page'
import { FormDialog } from './form-dialog'
import { RowActions } from './row-actions'
import classes from './settings.module.css'

export function TagsPage() {
  const { t, i18n } = useTranslation()
  const query = useQuery(tagsQuery)
  const { remove } = useChangeSetting<Tag>('tags')
  const [editing, setEditing] = useState<Tag | 'new' | null>(null)
  return (
    <>
      <CollectionPage name="tags" columns={['name', 'uses']} query={query} count={query.data?.length ?? 0} onAdd={() => setEditing('new')}>
        {query.data?.map((tag) => (
          <tr key={tag.id}>
            <td><span className={classes.named}><span className={classes.swatch} style={{ '--colour': tag.colour ?? undefined } as object} />{tag.name}</span></td>
            <td className="tabular" data-label={t('desk.settings.column.uses')}>{formatNumber(i18n.language, tag.uses ?? 0)}</td>
            <td><RowActions name={tag.name} onEdit={() => setEditing(tag)} onDelete={() => remove(tag)} /></td>
          </tr>
        ))}
      </CollectionPage>
      {editing && <TagForm tag={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </>
  )
}

function TagForm({ tag, onClose }: { tag: Tag | null; onClose: () => void }) {
  const { t } = useTranslation()
  const { save } = useChangeSetting<Tag>('tags')
  const form = useForm({ name: tag?.name ?? '', colour: tag?.colour ?? '' }, async (values) => {
    await save(tag, { name: values.name.trim(), colour: values.colour || null })
    onClose()
  })
  const { values, set, errors } = form
  return (
    <FormDialog title={tag?.name ?? t('desk.settings.add.tags')} form={form} onClose={onClose} size="sm">
      <TextInput label={t('desk.field.name')} required data-autofocus error={errors.name} value={values.name} onChange={(event) => set('name', event.currentTarget.value)} />
      <ColorInput eyeDropperButtonProps={{ 'aria-label': t('desk.field.pick_colour') }} label={t('desk.field.colour')} value={values.colour} onChange={(colour) => set('colour', colour)} />
    </FormDialog>
  )
}
