// Brands: under whose name we speak.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { brandsQuery } from '../../../lib/api/directory'
import type { Brand } from '../../../lib/api/types'
import { useChangeSetting } from '../api/change-setting'
import { BrandForm } from './brand-form'
import { CollectionPage } from './collection-page'
import { RowActions } from './row-actions'
import classes from './settings.module.css'

export function BrandsPage() {
  const { t } = useTranslation()
  const query = useQuery(brandsQuery)
  const { remove } = useChangeSetting<Brand>('brands')
  const [editing, setEditing] = useState<Brand | 'new' | null>(null)
  return (
    <>
      <CollectionPage name="brands" columns={['name', 'voice', 'signature', 'time_zone']} query={query} count={query.data?.length ?? 0} onAdd={() => setEditing('new')}>
        {query.data?.map((brand) => (
          <tr key={brand.id}>
            <td><span className={classes.named}><span className={classes.swatch} style={{ '--colour': brand.colour ?? undefined } as object} />{brand.name}</span></td>
            <td>{t(`desk.voice.${brand.voice}`)}</td>
            <td>{brand.signature ?? '–'}</td>
            <td>{brand.time_zone}</td>
            <td><RowActions name={brand.name} onEdit={() => setEditing(brand)} onDelete={() => remove(brand)} /></td>
          </tr>
        ))}
      </CollectionPage>
      {editing && <BrandForm brand={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </>
  )
}
