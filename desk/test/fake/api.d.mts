// Types of the fake server, as far as the tests look inside.
import type { Conversation, Message } from '../../src/lib/api/types'

interface Answer { status: number; body: unknown; headers: Record<string, string> }
export interface FakeServer {
  world: { conversations: Conversation[]; messages: Map<string, Message[]>; agents: { id: string; name: string }[]; inboxes: { id: string; name: string }[]; views: { id: string; name: string; shared: boolean; filter: Record<string, string> }[] }
  listening: { fill: () => { id: string } }
  handle: (request: object) => Answer
  receive: (body: string, where?: { conversationId?: string; contact?: [string, string]; assignee?: { id: string; name: string } | null }) => { conversation: Conversation; message: Message }
  emit: (name: string, facts: object) => void
  changed: (kind: string, conversation: Conversation | null, message?: Message | null) => void
  show: (conversationId: string, agents: { id: string; name: string; activity: string }[]) => void
  follow: (listener: (event: { name: string; id: string; facts: unknown }) => void) => () => void
}
export function createFake(options?: { signedIn?: boolean; account?: string }): FakeServer
