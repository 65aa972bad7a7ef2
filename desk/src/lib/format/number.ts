// Numbers and sizes in the person's language.
import type { Count } from '../api/types'

export function formatNumber(language: string, value: number): string {
  return new Intl.NumberFormat(language).format(value)
}

/** A capped counter says so: "1.000+". */
export function formatCount(language: string, count: Count | undefined): string {
  if (!count) return ''
  return formatNumber(language, count.count) + (count.capped ? '+' : '')
}

export function formatSize(language: string, bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return new Intl.NumberFormat(language, { style: 'unit', unit: units[step], maximumFractionDigits: step > 1 ? 1 : 0 }).format(
    bytes / 1000 ** step,
  )
}
