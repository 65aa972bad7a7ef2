// What could not be loaded or done, with the way on. Keeps the place calm: no red fields, no icon storms.
import { Button } from '@mantine/core'
import IconAlertTriangle from '@tabler/icons-react/dist/esm/icons/IconAlertTriangle.mjs'
import { useTranslation } from 'react-i18next'
import { Problem } from '../lib/api/client'
import classes from './states.module.css'
import { useProblemText } from './use-problem-text'

export function ProblemNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation()
  const say = useProblemText()
  // What is forbidden or gone stays so.
  const helps = !(error instanceof Problem && [403, 404].includes(error.status))
  return (
    <div className={classes.state} role="alert">
      <IconAlertTriangle size={22} stroke={1.6} aria-hidden="true" className={classes.trouble} />
      <p className={classes.text}>{say(error)}</p>
      {onRetry && helps && (
        <Button variant="default" size="xs" onClick={onRetry}>
          {t('desk.act.retry')}
        </Button>
      )}
    </div>
  )
}
