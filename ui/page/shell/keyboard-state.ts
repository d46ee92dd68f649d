// What a key means: a pure function of the keys before and this one.

/** What the keyboard asks the shell to do. */
export type Command =
  | { readonly kind: 'go'; readonly key: string }
  | { readonly kind: 'palette' | 'help' | 'query' | 'time' | 'refresh' | 'escape' }
  | { readonly kind: 'shift'; readonly direction: -1 | 1 };

export interface KeyboardState {
  /** `g` was pressed and waits for its letter. */
  readonly going: boolean;
}

export interface Key {
  readonly key: string;
  /** Ctrl or ⌘. */
  readonly command: boolean;
  readonly alt: boolean;
  /** The key goes into a text. */
  readonly typing: boolean;
}

export interface KeyMeaning {
  readonly state: KeyboardState;
  readonly command?: Command;
}

export const AT_REST: KeyboardState = { going: false };

const SINGLE: Readonly<Record<string, Command>> = {
  '?': { kind: 'help' },
  '/': { kind: 'query' },
  t: { kind: 'time' },
  r: { kind: 'refresh' },
  '[': { kind: 'shift', direction: -1 },
  ']': { kind: 'shift', direction: 1 },
};

export function pressKey(state: KeyboardState, key: Key): KeyMeaning {
  if (key.command && key.key.toLowerCase() === 'k') return { state: AT_REST, command: { kind: 'palette' } };
  if (key.key === 'Escape') return { state: AT_REST, command: { kind: 'escape' } };
  if (key.typing || key.command || key.alt) return { state: AT_REST };
  // Holding Shift for `?` is a key of its own, and does not end a sequence.
  if (key.key === 'Shift') return { state };
  if (state.going) return { state: AT_REST, command: { kind: 'go', key: key.key } };
  if (key.key === 'g') return { state: { going: true } };
  const command = SINGLE[key.key];
  return command ? { state: AT_REST, command } : { state: AT_REST };
}

/** The table that `?` shows. */
export const KEYS_HELP: readonly (readonly [string, string])[] = [
  ['Ctrl K', 'Command palette: pages, metrics, recent queries'],
  ['/', 'To the query'],
  ['t', 'Choose the time range'],
  ['[   ]', 'Time range earlier, later'],
  ['r', 'Refresh'],
  ['↑ ↓', 'Move in a list'],
  ['Enter', 'Open, or run the query'],
  ['Shift Enter', 'A new line in the query'],
  ['Tab', 'Take what is offered in the query'],
  ['Shift Alt F', 'Format the query'],
  ['e   E', 'In a trace: next error, the one before'],
  ['n   N', 'In a trace: next match, the one before'],
  ['z', 'In a trace: zoom to the span, and back'],
  ['Esc', 'Close, or leave the field'],
  ['?', 'This list'],
];
