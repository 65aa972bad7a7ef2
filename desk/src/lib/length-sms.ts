// What a text takes of an SMS, and in how many parts it leaves (GSM 03.38, 3GPP TS 23.038).
import { graphemes } from './graphemes'

const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const EXTENDED = new Set('\f^{}\\[~]|€')

/** Septets; UTF-16 units where a sign is in neither table. */
export function countSmsUnits(text: string): number {
  const widths = septets(text)
  return widths ? sum(widths) : text.length
}

/** In how many parts a text leaves; an empty one in one. */
export function countSmsParts(text: string): number {
  const widths = septets(text)
  if (widths) return sum(widths) <= 160 ? 1 : fill(widths, 153)
  return text.length <= 70 ? 1 : fill(graphemes(text).flatMap((sign) => (sign === '\r\n' ? [1, 1] : [sign.length])), 67)
}

function septets(text: string): number[] | null {
  const widths: number[] = []
  for (const sign of text) {
    if (EXTENDED.has(sign)) widths.push(2)
    else if (BASIC.has(sign)) widths.push(1)
    else return null
  }
  return widths
}

const sum = (widths: number[]) => widths.reduce((all, width) => all + width, 0)

/** Fills parts one after the other; what a reader sees as one sign is not torn apart. */
function fill(widths: number[], room: number): number {
  let parts = 1
  let used = 0
  for (const width of widths) {
    if (used + width > room) {
      parts += 1
      used = 0
    }
    used += width
  }
  return parts
}
