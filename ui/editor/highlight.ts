// Colours in the editor: our lexer's tokens as marks, made again after each change. Queries are short enough for that.

import { RangeSetBuilder } from '@codemirror/state';
import { Decoration, ViewPlugin } from '@codemirror/view';
import type { DecorationSet, EditorView, ViewUpdate } from '@codemirror/view';
import { classTokens } from './token-classes.ts';
import type { TokenClass } from './token-classes.ts';

const CLASSES: readonly TokenClass[] = ['function', 'keyword', 'metric', 'label', 'string', 'number', 'operator', 'bracket', 'comment'];
const MARKS: ReadonlyMap<TokenClass, Decoration> = new Map(CLASSES.map((kind) => [kind, Decoration.mark({ class: `pq-${kind}` })]));

function marksOf(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const { kind, from, to } of classTokens(view.state.doc.toString())) {
    const mark = MARKS.get(kind);
    if (mark && to > from) builder.add(from, to, mark);
  }
  return builder.finish();
}

export const highlighting = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = marksOf(view);
    }

    update({ docChanged, view }: ViewUpdate): void {
      if (docChanged) this.decorations = marksOf(view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
