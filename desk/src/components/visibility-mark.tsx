// Globe, lock or pencil: where something can be seen, by sign and word.
import IconLock from '@tabler/icons-react/dist/esm/icons/IconLock.mjs'
import IconPencil from '@tabler/icons-react/dist/esm/icons/IconPencil.mjs'
import IconWorld from '@tabler/icons-react/dist/esm/icons/IconWorld.mjs'
import { useTranslation } from 'react-i18next'
import type { Conversation, Visibility } from '../lib/api/types'

const SIGNS = { public: IconWorld, private: IconLock, note: IconPencil }

interface Props { visibility: Visibility | Conversation['visibility']; size?: number; word?: boolean }

export function VisibilityMark({ visibility, size = 14, word = false }: Props) {
  const { t } = useTranslation()
  const text = t(`desk.visibility.${visibility}`)
  const shown: Visibility[] = visibility === 'mixed' ? ['public', 'private'] : [visibility]
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 3 }} title={word ? undefined : text}>
      {shown.map((item) => {
        const Sign = SIGNS[item]
        return <Sign key={item} size={size} stroke={1.8} aria-hidden="true" />
      })}
      <span className={word ? undefined : 'seen-by-readers-only'}>{text}</span>
    </span>
  )
}
