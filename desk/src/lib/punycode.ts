// How long a part of a domain is in ASCII (RFC 3492), with its mark where it needs one.

export function punycodeLength(label: string): number {
  const codes = Array.from(label, (sign) => sign.codePointAt(0) ?? 0)
  const plain = codes.filter((code) => code < 128).length
  if (plain === codes.length) return plain
  let length = 'xn--'.length + plain + (plain > 0 ? 1 : 0)
  let code = 128
  let delta = 0
  let bias = 72
  for (let done = plain; done < codes.length; ) {
    const least = code
    const next = codes.reduce((lowest, other) => (other >= least && other < lowest ? other : lowest), Infinity)
    delta += (next - code) * (done + 1)
    code = next
    for (const other of codes) {
      if (other < code) delta += 1
      if (other !== code) continue
      length += countDigits(delta, bias)
      bias = adapt(delta, done + 1, done === plain)
      delta = 0
      done += 1
    }
    delta += 1
    code += 1
  }
  return length
}

/** How many digits of changing worth a number takes. */
function countDigits(number: number, bias: number): number {
  let rest = number
  for (let count = 1; ; count++) {
    const threshold = Math.min(Math.max(count * 36 - bias, 1), 26)
    if (rest < threshold) return count
    rest = Math.floor((rest - threshold) / (36 - threshold))
  }
}

function adapt(number: number, signs: number, isFirst: boolean): number {
  let delta = Math.floor(number / (isFirst ? 700 : 2))
  delta += Math.floor(delta / signs)
  let bias = 0
  for (; delta > 455; bias += 36) delta = Math.floor(delta / 35)
  return bias + Math.floor((36 * delta) / (delta + 38))
}
