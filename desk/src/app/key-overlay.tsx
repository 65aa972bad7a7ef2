// All keys on one sheet.
import { Modal } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { KeyHint } from '../components/key-hint'
import { GROUPS, KEYMAP } from '../lib/shortcuts/keymap'
import classes from './key-overlay.module.css'

export function KeyOverlay({ onClose, singleKeys }: { onClose: () => void; singleKeys: boolean }) {
  const { t } = useTranslation()
  return (
    <Modal opened onClose={onClose} title={t('desk.keys.title')} size="xl" closeButtonProps={{ 'aria-label': t('desk.act.close') }}>
      {!singleKeys && <p className={classes.off}>{t('desk.keys.single_off')}</p>}
      <div className={classes.sheet}>
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{t(`desk.keys.group.${group}`)}</h3>
            <dl>
              {KEYMAP.filter((item) => item.group === group).map((item) => (
                <div key={item.id}>
                  <dt>{t(`desk.keys.${item.id}`)}</dt>
                  <dd><KeyHint id={item.id} /></dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  )
}
