// Times and spans in the person's language. Takes the present moment as a parameter; the clock is use-now's.
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const formats = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>()

function dateFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language}d${JSON.stringify(options)}`
  const known = formats.get(key) ?? new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, options)
  formats.set(key, known)
  return known as Intl.DateTimeFormat
}

function unit(language: string, value: number, name: string, display: 'short' | 'long' | 'narrow'): string {
  const key = `${language}u${name}${display}`
  const known = formats.get(key) ?? new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: display })
  formats.set(key, known)
  return (known as Intl.NumberFormat).format(value)
}

/** A span in one unit: "12 Min.", "3 Std.", "2 Tg.". */
export function formatSpan(language: string, ms: number, display: 'short' | 'long' | 'narrow' = 'short'): string {
  const span = Math.max(0, ms)
  if (span < HOUR) return unit(language, Math.floor(span / MINUTE), 'minute', display)
  if (span < 48 * HOUR) return unit(language, Math.floor(span / HOUR), 'hour', display)
  return unit(language, Math.floor(span / DAY), 'day', display === 'narrow' ? 'short' : display)
}

export function formatSince(language: string, since: string, now: number): string {
  return formatSpan(language, now - Date.parse(since))
}

export function formatClock(language: string, at: string): string {
  return dateFormat(language, { hour: '2-digit', minute: '2-digit' }).format(new Date(at))
}

function sameDay(one: Date, other: Date) {
  return one.toDateString() === other.toDateString()
}

/** The shortest form that is still clear: clock today, weekday this week, date otherwise. */
export function formatShort(language: string, at: string, now: number): string {
  const date = new Date(at)
  if (sameDay(date, new Date(now))) return formatClock(language, at)
  const away = Math.abs(now - date.getTime())
  if (away < 6 * DAY) return dateFormat(language, { weekday: 'short', hour: '2-digit', minute: '2-digit' }).format(date)
  const thisYear = date.getFullYear() === new Date(now).getFullYear()
  return dateFormat(language, { day: 'numeric', month: 'short', ...(thisYear ? {} : { year: 'numeric' }) }).format(date)
}

export function formatDay(language: string, at: string): string {
  return dateFormat(language, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(new Date(at))
}

export function formatExact(language: string, at: string): string {
  return dateFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at))
}

export function formatMinute(language: string, at: string): string {
  return dateFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at))
}

export function dayKey(at: string): string {
  return new Date(at).toDateString()
}
