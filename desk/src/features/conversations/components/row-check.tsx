// The box that selects a row: seen while the row is pointed at, and on all rows as soon as one is selected.
import { useTranslation } from 'react-i18next'
import classes from './holding.module.css'

interface Props { name: string; checked: boolean; shown: boolean; onCheck: (range: boolean) => void }

export function RowCheck({ name, checked, shown, onCheck }: Props) {
  const { t } = useTranslation()
  return (
    <span className={classes.check} data-shown={checked || shown || undefined}>
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={t('desk.hold.select', { name })}
        checked={checked}
        onChange={(event) => onCheck((event.nativeEvent as MouseEvent).shiftKey)}
      />
    </span>
  )
}
