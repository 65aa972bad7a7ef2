// The shapes of /api/v1 that the desk reads and writes: aliases of the generated ones, narrowed where the
// specification says no more than "text". Shapes only, no behaviour.
import type { components } from './schema'

type Schemas = components['schemas']

export type Status = 'open' | 'waiting' | 'snoozed' | 'resolved'
export type Priority = 'low' | 'normal' | 'high' | 'urgent'
export type Kind = 'request' | 'question' | 'complaint' | 'suggestion' | 'praise' | 'interest' | 'spam' | 'other'
export type Visibility = 'public' | 'private' | 'note'
export type Role = 'administrator' | 'supervisor' | 'agent'
export type Language = 'de' | 'en'
export type Theme = 'light' | 'dark' | 'auto'
export type Activity = 'reading' | 'writing' | 'here' | 'gone'

export type Named = Schemas['Named']
export interface Page<T> { items: T[]; next_cursor: string | null }
export type InboxMark = Schemas['InboxMark']
export interface Tag extends Named { colour: string | null; uses?: number }

export interface Agent extends Named {
  version: number
  email: string
  role: Role
  teams: Named[] | string[]
  disabled_at: string | null
  invited: boolean
  initials: string | null
}

export interface SessionAgent extends Named {
  email: string
  role: Role
  initials: string | null
  initials_consent: boolean
  language: Language
  theme: Theme
  single_key_shortcuts: boolean
  teams: Named[]
}

export interface Session { agent: SessionAgent; csrf_token: string; permissions: string[] }

export interface Preferences {
  language?: Language
  theme?: Theme
  single_key_shortcuts?: boolean
  initials?: string | null
  initials_consent?: boolean
}

export interface Capability {
  length: number | null
  counts: 'characters' | 'graphemes' | 'weighted' | 'bytes'
  edit: boolean
  delete: boolean
  reactions: boolean
  send: boolean
  reason: string | null
}

export interface ReplyTarget { account: string; to: string }

export interface Conversation {
  id: string
  version: number
  subject: string | null
  status: Status
  snoozed_until: string | null
  priority: Priority
  kind: Kind | null
  visibility: 'public' | 'private' | 'mixed'
  unread: boolean
  brand: Named
  inbox: InboxMark
  team: Named | null
  assignee: Named | null
  contact: { id: string; name: string | null; handle: string | null } | null
  tags: Tag[]
  preview: string
  preview_direction: 'in' | 'out'
  message_count: number
  voices: number
  opened_at: string
  last_message_at: string
  waiting_since: string | null
  first_response_at: string | null
  resolved_at: string | null
  joined_into: string | null
  linked_to: string | null
  match?: string | null
  first_unread_id?: string | null
}

export interface ConversationDetail extends Conversation {
  post?: Message | null
  capabilities?: { public: Capability | null; private: Capability | null }
  signature?: string | null
  voice?: 'sie' | 'du'
  reply_target?: { public: ReplyTarget | null; private: ReplyTarget | null }
}

export interface Delivery {
  state: 'queued' | 'sending' | 'sent' | 'failed' | 'uncertain' | 'cancelled'
  send_at: string | null
  sent_at: string | null
  attempts: number
  next_attempt_at: string | null
  reason: { class: string; detail: string | null } | null
}

export interface Attachment { id: string; name: string; media_type: string; size: number | null; url: string }
export type Upload = Schemas['Upload']

export interface Message {
  id: string
  conversation_id: string | null
  direction: 'in' | 'out'
  visibility: Visibility
  body: string
  kind: Kind | null
  author: {
    id: string | null
    name: string | null
    handle: string | null
    is_party: boolean
    is_agent: boolean
    agent_name?: string | null
  }
  in_reply_to: string | null
  depth: number
  network_id: string | null
  url: string | null
  inbox: InboxMark
  platform_at: string
  received_at: string | null
  stored_at: string | null
  edited_at: string | null
  deleted_at: string | null
  delivery: Delivery | null
  attachments: Attachment[]
  reactions: { kind: string; count: number }[]
  mentions: string[]
}

export interface NewMessage {
  body: string
  visibility: Visibility
  in_reply_to?: string
  send_at?: string
  mentions?: string[]
  attachments?: string[]
  resolve?: boolean
}

export interface TimelineEvent {
  seq: string
  at: string
  kind: string
  actor: { name: string | null; kind: string } | null
  facts: Record<string, unknown> | null
}

export type Count = Schemas['Count']
export type Counts = Schemas['Counts']

export interface Identity {
  id: string
  inbox: InboxMark | null
  channel: string
  handle: string | null
  name: string | null
  network_id: string | null
}

export interface Contact {
  id: string
  name: string | null
  version: number
  identities: Identity[]
  note: string | null
  conversations: Conversation[]
  first_seen_at: string
  last_seen_at: string
}

export type BusinessHours = Schemas['OpenHours']
export interface Brand extends Named {
  version: number
  slug: string
  voice: 'sie' | 'du'
  languages: string[]
  colour: string | null
  signature: string | null
  imprint_url: string | null
  privacy_url: string | null
  hours: BusinessHours[]
  time_zone: string
  hours_note: string | null
}

export interface Team extends Named {
  version: number
  kind: 'staff' | 'super_users' | 'agency'
  signature: string | null
  members: string[]
}

export interface Trouble { class: string; detail: string | null; since: string | null }
export interface Inbox extends Named {
  version: number
  channel: string
  brand: Named
  team: Named | null
  state: 'active' | 'paused' | 'failing'
  health: {
    checked_at: string | null
    trouble: Trouble | null
    lag_seconds: number | null
    last_received_at: string | null
  }
  settings: Record<string, unknown>
  hook_path?: string | null
  hook_secret?: string | null
  public_path?: string | null
}

export interface SchemaField {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'array'
  title?: string
  description?: string
  default?: unknown
  enum?: string[]
  format?: string
  minimum?: number
  maximum?: number
  writeOnly?: boolean
  multiline?: boolean
}
export interface SettingsSchema { properties?: Record<string, SchemaField>; required?: string[] }
export interface Channel {
  channel: string
  name: string
  settings_schema: SettingsSchema
  needs_public_address: boolean
}

export interface SavedView extends Named { version?: number; shared: boolean; filter: Record<string, string> }
export interface Token extends Named { scopes: string[]; token?: string; created_at?: string; last_used_at?: string | null }

export interface Quarantined {
  id: string
  inbox: Named | null
  received_at: string
  reason: { class?: string; code?: string; detail: string | null } | string
  attempts?: number
  size?: number
  raw?: string
}

export interface Alert {
  id: string
  kind: string
  at: string
  conversation_id: string | null
  message_id?: string | null
  inbox: Named | null
  reason: { class: string; detail: string | null } | null
}

export interface Overview {
  queues: { team: Named; open: number; unassigned: number; oldest_waiting_since: string | null; waiting_public: number }[]
  oldest_public: Conversation[]
  present: { agent: Named; since: string; conversation_id: string | null; activity: Activity }[]
  channels: {
    inbox: InboxMark
    state: Inbox['state']
    trouble: Trouble | null
    lag_seconds: number | null
    queued_out: number
    failed_out: number
    quarantined: number
  }[]
}

export interface PresentAgent extends Named { activity: Activity }

export interface ProblemDocument {
  type?: string
  title?: string
  status: number
  detail?: string
  code: string
  current_version?: number
  facts?: Record<string, string>
  errors?: { field: string; code: string; detail?: string }[]
  error_id?: string
}
