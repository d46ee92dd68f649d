// A query's editor as a component: CodeMirror with what a language knows of its texts. `PromqlEditor`, `LogqlEditor` and `TraceqlEditor` are this with a language.
//
//   text ─▶ colours, underlines, completion          Enter ─▶ onRun          a change ─▶ onChange

import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionStatus,
  moveCompletionSelection,
} from '@codemirror/autocomplete';
import type { CompletionSource } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import { EditorView, keymap, placeholder, tooltips } from '@codemirror/view';
import type { KeyBinding } from '@codemirror/view';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { editorTheme } from './editor-theme.ts';
import { explaining } from './explain.ts';
import type { Explain } from './explain.ts';
import { highlighting } from './highlight.ts';
import { problemLines, showNotes } from './problems.ts';
import type { Diagnose, RunNotes } from './problems.ts';
import type { ClassedToken } from './token-classes.ts';

/** What an editor needs of a language; pure functions of the text, but for completion's questions to the server. */
export interface QueryLanguage<Data> {
  /** Stands where nothing is written yet. */
  readonly example: string;
  readonly classTokens: (text: string) => readonly ClassedToken[];
  readonly diagnose: Diagnose;
  readonly explain: Explain;
  readonly completeFrom: (data: () => Data) => CompletionSource;
}

export interface QueryEditorProps<Data> {
  readonly value: string;
  readonly data: Data;
  /** What the answer to a query said of its text. */
  readonly notes: RunNotes;
  readonly onChange: (text: string) => void;
  readonly onRun: (text: string) => void;
  readonly onFormat: () => void;
}

interface Latest<Data> {
  readonly current: QueryEditorProps<Data>;
}

/** Tab takes the choice, or the first; where nothing is offered it leaves the editor as everywhere. While it is being found out what is offered it does nothing. */
function takeCompletion(view: EditorView): boolean {
  const status = completionStatus(view.state);
  if (status !== 'active') return status === 'pending';
  if (acceptCompletion(view)) return true;
  moveCompletionSelection(true)(view);
  return acceptCompletion(view);
}

function keys<Data>(latest: Latest<Data>): readonly KeyBinding[] {
  const run = (view: EditorView): boolean => {
    closeCompletion(view);
    latest.current.onRun(view.state.doc.toString());
    return true;
  };
  const format = (): boolean => {
    latest.current.onFormat();
    return true;
  };
  return [
    { key: 'Enter', run },
    { key: 'Mod-Enter', run },
    { key: 'Shift-Alt-f', run: format, preventDefault: true },
    { key: 'Tab', run: takeCompletion },
    {
      key: 'Escape',
      run: (view) => {
        view.contentDOM.blur();
        return true;
      },
    },
  ];
}

function extensions<Data>(language: QueryLanguage<Data>, latest: Latest<Data>): Extension {
  return [
    history(),
    bracketMatching({ brackets: '(){}[]' }),
    closeBrackets(),
    // Enter runs the query unless a choice was made with the arrows: a list that opens by itself must not change what Enter means.
    autocompletion({
      override: [language.completeFrom(() => latest.current.data)],
      selectOnOpen: false,
      interactionDelay: 0,
      icons: false,
      activateOnTypingDelay: 100,
    }),
    keymap.of([...keys(latest), ...closeBracketsKeymap, ...historyKeymap, ...defaultKeymap]),
    highlighting(language.classTokens),
    problemLines(language.diagnose),
    explaining(language.explain),
    tooltips({ parent: document.body }),
    placeholder(language.example),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({
      'aria-label': 'Query',
      'data-query': '',
      spellcheck: 'false',
      autocapitalize: 'off',
      autocorrect: 'off',
      'aria-describedby': 'query-problem',
    }),
    EditorView.updateListener.of(({ docChanged, state }) => {
      if (docChanged) latest.current.onChange(state.doc.toString());
    }),
    editorTheme,
  ];
}

export function QueryEditor<Data>({ language, ...props }: QueryEditorProps<Data> & { readonly language: QueryLanguage<Data> }) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef<QueryEditorProps<Data>>(props);
  useLayoutEffect(() => {
    latest.current = props;
  });
  const { value, notes } = props;
  // Before the page is painted: who writes where the editor will be does not lose a key.
  useLayoutEffect(() => {
    if (!host.current) return undefined;
    const doc = latest.current.value;
    const state = EditorState.create({ doc, selection: { anchor: doc.length }, extensions: extensions(language, latest) });
    const editor = new EditorView({ parent: host.current, state });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, [language]);
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    // A text from elsewhere is one step that can be undone.
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value }, selection: { anchor: value.length } });
  }, [value]);
  useEffect(() => {
    if (view.current) showNotes(view.current, notes);
  }, [notes]);
  return <div ref={host} />;
}
