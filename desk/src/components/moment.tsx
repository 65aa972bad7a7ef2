// A point in time: short in view, exact on hover.
import { formatExact, formatShort } from '../lib/format/time'
import { useNow } from '../lib/format/use-now'
import { useLanguage } from './use-language'

export function Moment({ at, className }: { at: string; className?: string }) {
  const language = useLanguage()
  const now = useNow()
  return (
    <time dateTime={at} title={formatExact(language, at)} className={className}>
      {formatShort(language, at, now)}
    </time>
  )
}
