// Every key of the desk, in the order the overlay shows them. Handlers are bound by useShortcut.
export type ShortcutId = (typeof KEYMAP)[number]['id']

export const KEYMAP = [
  { id: 'next', keys: ['j'], group: 'move' },
  { id: 'previous', keys: ['k'], group: 'move' },
  { id: 'open', keys: ['Enter'], group: 'move' },
  { id: 'back', keys: ['Escape'], group: 'move' },
  { id: 'search', keys: ['/'], group: 'move' },
  { id: 'first_unread', keys: ['f'], group: 'move' },
  { id: 'next_question', keys: ['q'], group: 'move' },
  { id: 'previous_question', keys: ['Shift+Q'], group: 'move' },
  { id: 'reply_public', keys: ['r'], group: 'write' },
  { id: 'reply_private', keys: ['p'], group: 'write' },
  { id: 'note', keys: ['n'], group: 'write' },
  { id: 'send', keys: ['Mod+Enter'], group: 'write' },
  { id: 'send_and_resolve', keys: ['Shift+Mod+Enter'], group: 'write' },
  { id: 'assign_me', keys: ['a'], group: 'act' },
  { id: 'assign_other', keys: ['Shift+A'], group: 'act' },
  { id: 'resolve', keys: ['e'], group: 'act' },
  { id: 'snooze', keys: ['s'], group: 'act' },
  { id: 'tag', keys: ['t'], group: 'act' },
  { id: 'priority', keys: ['!'], group: 'act' },
  { id: 'unread', keys: ['Shift+U'], group: 'act' },
  { id: 'like', keys: ['l'], group: 'act' },
  { id: 'hide', keys: ['h'], group: 'act' },
  { id: 'select', keys: ['x'], group: 'act' },
  { id: 'undo', keys: ['u'], group: 'act' },
  { id: 'palette', keys: ['Mod+K'], group: 'go' },
  { id: 'go_mine', keys: ['g', 'm'], group: 'go' },
  { id: 'go_unassigned', keys: ['g', 'u'], group: 'go' },
  { id: 'go_open', keys: ['g', 'o'], group: 'go' },
  { id: 'go_waiting', keys: ['g', 'w'], group: 'go' },
  { id: 'go_snoozed', keys: ['g', 's'], group: 'go' },
  { id: 'go_resolved', keys: ['g', 'r'], group: 'go' },
  { id: 'go_mentions', keys: ['g', 'n'], group: 'go' },
  { id: 'go_overview', keys: ['g', 'l'], group: 'go' },
  { id: 'panel', keys: ['i'], group: 'go' },
  { id: 'help', keys: ['?'], group: 'go' },
] as const

export const GROUPS = ['move', 'write', 'act', 'go'] as const

export const isApple = /Mac|iPhone|iPad/.test(navigator.platform)

/** A key as it is printed on the keyboard, in the person's language. */
export function keyCap(key: string, names: { ctrl: string; shift: string; enter: string; escape: string }): string {
  return key
    .split('+')
    .map((part) => {
      if (part === 'Mod') return isApple ? '⌘' : names.ctrl
      if (part === 'Shift') return isApple ? '⇧' : names.shift
      if (part === 'Enter') return isApple ? '⏎' : names.enter
      if (part === 'Escape') return names.escape
      return part.length === 1 ? part.toUpperCase() : part
    })
    .join(isApple ? '' : ' + ')
}
