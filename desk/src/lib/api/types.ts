// The shapes of /api/v1 that the desk reads and writes: the generated ones, every field there (the server leaves
// none out), and narrowed where the specification says no more than "text". Shapes only, no behaviour.
import type { components } from './schema'

type Schemas = components['schemas']

/** What the server answers: a field that the specification calls optional comes as null, not as nothing. */
type Answer<T> = T extends (infer Item)[] ? Answer<Item>[] : T extends object ? { [K in keyof T]-?: Answer<Exclude<T[K], undefined>> } : T
/** The same with some fields known more closely; a field that is not there cannot be narrowed. */
type Narrow<T, N extends { [K in keyof N]: K extends keyof T ? unknown : never }> = Omit<T, keyof N> & N

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
export type Tag = Schemas['TagMark'] & { uses?: Schemas['Tag']['uses'] }
export type Agent = Narrow<Answer<Schemas['Agent']>, { role: Role }>

export type SessionAgent = Narrow<Answer<Schemas['SessionAgent']>, { role: Role; language: Language; theme: Theme }>
export type Session = Narrow<Answer<Schemas['Session']>, { agent: SessionAgent }>
export interface Preferences {
  language?: Language
  theme?: Theme
  single_key_shortcuts?: boolean
  initials?: string | null
  initials_consent?: boolean
}

export type Capability = Narrow<Answer<Schemas['Capability']>, { counts: 'characters' | 'graphemes' | 'weighted' | 'bytes' | 'weighted_wide' | 'utf16' | 'sms'; hand_over: 'message' | 'one_message' | 'link' | null }>
export type ReplyTarget = Answer<Schemas['ReplyTarget']>
interface Sides<T> { public: T | null; private: T | null }

export type Conversation = Narrow<
  Omit<Answer<Schemas['Conversation']>, 'match'>,
  { status: Status; priority: Priority; kind: Kind | null; visibility: 'public' | 'private' | 'mixed'; preview_direction: 'in' | 'out'; tags: Tag[] }
> & { match?: Schemas['Conversation']['match'] }

export type ConversationDetail = Conversation &
  Partial<Narrow<
    Pick<Answer<Schemas['ConversationDetail']>, 'capabilities' | 'first_unread_id' | 'post' | 'reply_target' | 'signature' | 'voice'>,
    { capabilities: Sides<Capability>; reply_target: Sides<ReplyTarget>; post: Message | null; voice: 'sie' | 'du' }
  >>

export type Delivery = Narrow<Answer<Schemas['Delivery']>, { state: 'queued' | 'sending' | 'sent' | 'failed' | 'uncertain' | 'cancelled' }>
export type Attachment = Answer<Schemas['Attachment']>
export type Upload = Schemas['Upload']
export type Message = Narrow<
  Omit<Answer<Schemas['Message']>, 'signature' | 'title'>,
  { direction: 'in' | 'out'; visibility: Visibility; kind: Kind | null; delivery: Delivery | null }
> & Pick<Schemas['Message'], 'signature' | 'title'>
export type NewMessage = Schemas['NewMessage'] & { body: string }
export type AnnouncingAccount = Narrow<Answer<Schemas['AnnouncingAccount']>, { capability: Capability }>
export type Search = Narrow<Answer<Schemas['Search']>, { state: 'draft' | 'on' | 'muted'; take_up: Required<Schemas['TakeUpRule']> | null; terms: Required<Schemas['SearchTerms']> }>
export type SearchFields = Schemas['SearchFields']
export type NewTrial = Schemas['TrialFields']
export type Trial = Answer<Schemas['Trial']>
export type Hit = Narrow<Answer<Schemas['Hit']>, { message: Message }>

export type NewAnnouncement = Schemas['AnnouncementBody']
export type Announcement = Narrow<Answer<Schemas['Announcement']>, { accounts: { message: Message; conversations: number }[] }>
export type AnnouncementPreview = Answer<Schemas['AnnouncementPreview']>
export type NewHoldingReplies = Schemas['HoldingRepliesBody']
export type HoldingReplies = Answer<Schemas['HoldingReplies']>
export type TimelineEvent = Narrow<Answer<Schemas['TimelineEvent']>, { facts: Record<string, unknown> | null }>

export type Count = Schemas['Count']
export type Counts = Schemas['Counts']

export type Identity = Answer<Schemas['Identity']>
export type Contact = Narrow<Answer<Schemas['Contact']>, { conversations: Conversation[] }>

export type BusinessHours = Schemas['OpenHours']
export type Brand = Narrow<Answer<Schemas['Brand']>, { voice: 'sie' | 'du' }>
export type Team = Narrow<Answer<Schemas['Team']>, { kind: 'staff' | 'super_users' | 'agency' }>

export type Usage = Answer<Schemas['Usage']>
export type Trouble = Answer<Schemas['Trouble']>
export type Inbox = Narrow<Answer<Schemas['Inbox']>, { state: 'active' | 'paused' | 'failing'; settings: Record<string, unknown> }>

export interface SchemaField {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'array'
  title?: string
  description?: string
  default?: unknown
  enum?: string[]
  format?: string
  minimum?: number
  maximum?: number
  secret?: boolean
  multiline?: boolean
}
export interface SettingsSchema { properties?: Record<string, SchemaField>; required?: string[] }
export type Connection = Answer<Schemas['Connection']>
export type Channel = Narrow<Omit<Schemas['Channel'], 'capabilities'>, { settings_schema: SettingsSchema }> & { capabilities?: { calls?: boolean; public?: object | null } }
export type NewCall = Schemas['CallBody']

export type SavedView = Schemas['View']
export type Token = Schemas['Token']

export type Quarantined = Answer<Schemas['Quarantined']>
export type QuarantinedDetail = Answer<Schemas['QuarantinedDetail']>
export type Alert = Answer<Schemas['Alert']>
export type Overview = Narrow<Answer<Schemas['Overview']>, {
  oldest_public: Conversation[]
  present: Narrow<Answer<Schemas['Present']>, { activity: Activity }>[]
  channels: Narrow<Answer<Schemas['ChannelHealth']>, { state: Inbox['state']; trouble: Trouble | null }>[]
}>

export interface PresentAgent extends Named { activity: Activity }

export type ProblemDocument = Pick<Schemas['ProblemDocument'], 'status' | 'code'> & Partial<Schemas['ProblemDocument']>
