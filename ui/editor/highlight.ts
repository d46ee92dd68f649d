// Colours in the editor: our lexers' tokens as marks, made again after each change. Queries are short enough for that.

import { RangeSetBuilder } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import { Decoration, ViewPlugin } from '@codemirror/view';
import type { DecorationSet, EditorView, ViewUpdate } from '@codemirror/view';
import { TOKEN_CLASSES } from './token-classes.ts';
import type { ClassedToken, TokenClass } from './token-classes.ts';

const MARKS: ReadonlyMap<TokenClass, Decoration> = new Map(TOKEN_CLASSES.map((kind) => [kind, Decoration.mark({ class: `code-${kind}` })]));

/** Colours by the classes of a text's tokens. */
export function highlighting(classTokens: (text: string) => readonly ClassedToken[]): Extension {
  const marksOf = (view: EditorView): DecorationSet => {
    const builder = new RangeSetBuilder<Decoration>();
    for (const { kind, from, to } of classTokens(view.state.doc.toString())) {
      const mark = MARKS.get(kind);
      if (mark && to > from) builder.add(from, to, mark);
    }
    return builder.finish();
  };
  return ViewPlugin.fromClass(
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
}
