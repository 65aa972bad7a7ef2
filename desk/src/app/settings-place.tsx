// placeholder while the pages are being written
export function SettingsPlace() { return null }
