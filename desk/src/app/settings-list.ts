// The pages of the settings and who may see them.
export const SETTINGS = [
  { id: 'brands', for: 'administrator' },
  { id: 'inboxes', for: 'administrator' },
  { id: 'teams', for: 'supervisor' },
  { id: 'people', for: 'administrator' },
  { id: 'tags', for: 'supervisor' },
  { id: 'views', for: 'all' },
  { id: 'tokens', for: 'all' },
] as const

export type SettingsId = (typeof SETTINGS)[number]['id']
