// Opens the navigation where it has no room of its own.
import IconMenu2 from '@tabler/icons-react/dist/esm/icons/IconMenu2.mjs'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../components/icon-button'
import { navStore } from './panel'
import classes from './nav-button.module.css'

export function NavButton() {
  const { t } = useTranslation()
  return (
    <span className={classes.button}>
      <IconButton label={t('desk.nav.open')} onClick={() => navStore.write(true)}>
        <IconMenu2 size={20} stroke={1.7} aria-hidden="true" />
      </IconButton>
    </span>
  )
}
