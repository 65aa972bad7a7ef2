// The keys of a shortcut, printed small beside what they do.
import { useTranslation } from 'react-i18next'
import { KEYMAP, keyCap, type ShortcutId } from '../lib/shortcuts/keymap'
import classes from './key-hint.module.css'

export function KeyHint({ id }: { id: ShortcutId }) {
  const { t } = useTranslation()
  const names = { ctrl: t('desk.key.ctrl'), shift: t('desk.key.shift'), enter: t('desk.key.enter'), escape: t('desk.key.escape') }
  const keys = KEYMAP.find((item) => item.id === id)?.keys ?? []
  return (
    <span className={classes.hint}>
      {keys.map((key) => (
        <kbd key={key} className={classes.key}>{keyCap(key, names)}</kbd>
      ))}
    </span>
  )
}
