// What stands under the pointer, explained: the same words that completion shows beside what it offers.

import type { Extension } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import type { Span } from './loose-tokens.ts';

/** `title` is code, such as a call's form; `text` a sentence; `example` code again. Empty ones are left out. */
export interface Words {
  readonly title: string;
  readonly text: string;
  readonly example: string;
}

export interface Explanation extends Words, Span {}

export type Explain = (text: string, at: number) => Explanation | undefined;

/** Shows the explanation of what is pointed at. */
export function explaining(explain: Explain): Extension {
  return hoverTooltip((view, at) => {
    const found = explain(view.state.doc.toString(), at);
    return found === undefined ? null : { pos: found.from, end: found.to, above: true, create: () => ({ dom: drawExplanation(found) }) };
  });
}

/** The words as a box: beside what completion offers, and over what is pointed at. */
export function drawExplanation({ title, text, example }: Words): HTMLElement {
  const box = document.createElement('div');
  box.className = 'cm-explanation';
  for (const [tag, content] of [
    ['code', title],
    ['p', text],
    ['code', example],
  ] as const) {
    if (content === '') continue;
    const part = document.createElement(tag);
    part.textContent = content;
    box.append(part);
  }
  return box;
}
