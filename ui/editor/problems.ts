// Lines under what is wrong: the parser's word on the text as it stands, and the answer's words on the text that was run.

import { forceLinting, linter } from '@codemirror/lint';
import type { Diagnostic } from '@codemirror/lint';
import { StateEffect, StateField } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';

export type NoteLevel = 'error' | 'warning' | 'info';

export interface Note {
  readonly level: NoteLevel;
  readonly message: string;
}

/** What an answer says, and of which text. */
export interface RunNotes {
  readonly query: string;
  readonly notes: readonly Note[];
}

/** What is wrong with a text, or worth a word. */
export type Diagnose = (text: string, notes: RunNotes) => Diagnostic[];

/** Long enough that a word being written is not called wrong at every letter. */
const LINT_DELAY_MS = 300;

const NO_NOTES: RunNotes = { query: '', notes: [] };
const setNotes = StateEffect.define<RunNotes>();
const notesField = StateField.define<RunNotes>({
  create: () => NO_NOTES,
  update: (value, { effects }) => effects.reduce((now, effect) => (effect.is(setNotes) ? effect.value : now), value),
});

/** What stands at the end of the text is underlined at its last character. */
export function visible(text: string, diagnostic: Diagnostic): Diagnostic {
  const to = Math.min(diagnostic.to, text.length);
  const from = Math.min(diagnostic.from, to);
  return from < to
    ? { ...diagnostic, from, to }
    : { ...diagnostic, from: Math.max(0, from - 1), to: Math.min(text.length, Math.max(from, 1)) };
}

/** Underlines, with the message where they are pointed at. */
export function problemLines(diagnose: Diagnose): Extension {
  return [
    notesField,
    linter((view) => diagnose(view.state.doc.toString(), view.state.field(notesField)), {
      delay: LINT_DELAY_MS,
      needsRefresh: ({ transactions }) => transactions.some(({ effects }) => effects.some((effect) => effect.is(setNotes))),
    }),
  ];
}

/** Shows the words of another answer. */
export function showNotes(view: EditorView, notes: RunNotes): void {
  view.dispatch({ effects: setNotes.of(notes) });
  forceLinting(view);
}
