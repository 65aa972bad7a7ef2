// Times that fit the working day: later today, tomorrow morning, next Monday. Pure.
export interface SnoozePreset { id: 'hour' | 'later' | 'tomorrow' | 'monday' | 'week'; at: Date }

function at(day: Date, daysAhead: number, hour: number): Date {
  const result = new Date(day)
  result.setDate(result.getDate() + daysAhead)
  result.setHours(hour, 0, 0, 0)
  return result
}

export function snoozePresets(now: Date): SnoozePreset[] {
  const daysToMonday = (8 - now.getDay()) % 7 || 7
  const presets: SnoozePreset[] = [{ id: 'hour', at: new Date(now.getTime() + 3_600_000) }]
  if (now.getHours() < 14) presets.push({ id: 'later', at: at(now, 0, 16) })
  presets.push({ id: 'tomorrow', at: at(now, 1, 9) })
  if (daysToMonday > 1) presets.push({ id: 'monday', at: at(now, daysToMonday, 9) })
  presets.push({ id: 'week', at: at(now, 7, 9) })
  return presets
}
