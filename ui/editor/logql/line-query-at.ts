// Where in a LogQL text a place stands: which marks are open around it, and which stage of which lines it belongs to.
//
//   tokens ─▶ a frame per open mark, each with the selector and the stage that it has reached ─▶ the innermost

import type { Token } from '../../../src/logs/logql/lex.ts';

/** A mark that is open, or the text as a whole (an empty mark). Numbers are of tokens. */
export interface Frame {
  readonly mark: string;
  /** The word in front of the mark. */
  readonly word: string;
  readonly open: number;
  /** Where the selector begins whose stages follow here. */
  readonly selector: number | undefined;
  /** Where the last stage or filter begins: its `|` or operator. */
  readonly stage: number | undefined;
}

const LINE_OPS = new Set(['|=', '|~', '|>', '!>', '!=', '!~']);

/** The frames around the end of the tokens, the innermost last; the first is that of the text. */
export function framesOf(tokens: readonly Token[]): readonly Frame[] {
  const frames: Frame[] = [{ mark: '', word: '', open: -1, selector: undefined, stage: undefined }];
  tokens.forEach((token, i) => {
    const frame = frames.at(-1);
    if (token.kind !== 'punctuation' || frame === undefined) return;
    if (token.text === '{' || token.text === '(') frames.push(openedFrame(tokens, i, frame));
    else if (token.text === '}' || token.text === ')') closeFrame(frames, tokens);
    else if (frame.selector !== undefined && beginsStage(tokens, i)) frames.splice(-1, 1, { ...frame, stage: i });
    else if (frame.selector !== undefined && '+-*/%^'.includes(token.text) && tokens[i - 1]?.kind === 'range')
      frames.splice(-1, 1, { ...frame, selector: undefined, stage: undefined });
  });
  return frames;
}

function openedFrame(tokens: readonly Token[], i: number, around: Frame): Frame {
  const before = tokens[i - 1];
  const word = before?.kind === 'word' ? before.text.toLowerCase() : '';
  const mark = tokens[i]?.text ?? '';
  // Parentheses within a stage belong to its lines: `| (a="b" or c="d")`.
  const isWithin = mark === '(' && around.stage !== undefined;
  return { mark, word, open: i, selector: isWithin ? around.selector : undefined, stage: isWithin ? around.stage : undefined };
}

/** Behind its braces a selector is what the frame around them is about; parentheses around lines hand them on. */
function closeFrame(frames: Frame[], tokens: readonly Token[]): void {
  if (frames.length < 2) return;
  const closed = frames.pop();
  const around = frames.at(-1);
  if (closed === undefined || around === undefined) return;
  if (closed.mark === '{') frames.splice(-1, 1, { ...around, selector: closed.open, stage: undefined });
  else if (closed.word === '' && around.selector === undefined && closed.selector !== undefined && tokens[closed.open - 1]?.text === '(')
    frames.splice(-1, 1, { ...around, selector: closed.selector, stage: closed.stage });
}

/** `!=` compares a label, or filters lines where no label stands in front. */
function beginsStage(tokens: readonly Token[], i: number): boolean {
  const text = tokens[i]?.text ?? '';
  if (text === '|') return true;
  if (!LINE_OPS.has(text)) return false;
  const before = tokens[i - 1];
  if (text.startsWith('|') || before?.kind !== 'word') return true;
  const isStageWord = /^(?:json|logfmt|unpack|decolorize)$/i.test(before.text);
  return isStageWord && tokens[i - 2]?.text === '|';
}

/** The lines of a frame as a query of their own, up to the token `end`: without ranges, and without what is unwrapped. */
export function lineQuery(tokens: readonly Token[], { selector }: Frame, end: number): string {
  if (selector === undefined) return '';
  const own = tokens.slice(selector, end);
  const unwrap = own.findIndex(({ text }, i) => text === '|' && own[i + 1]?.text.toLowerCase() === 'unwrap');
  return own
    .slice(0, unwrap < 0 ? own.length : unwrap)
    .filter(({ kind }) => kind !== 'range')
    .map(({ text, from }, i, all) => (from > (all[i - 1]?.to ?? from) ? ` ${text}` : text))
    .join('');
}

/** The lines that a grouping at `at` is over: those of the next selector of the text, else of the last. */
export function lineQueryNear(tokens: readonly Token[], at: number): string {
  const starts = tokens.flatMap(({ text, kind }, i) => (text === '{' && kind === 'punctuation' ? [i] : []));
  const start = starts.find((i) => (tokens[i]?.from ?? 0) >= at) ?? starts.at(-1);
  if (start === undefined) return '';
  let depth = 0;
  let end = start;
  for (; end < tokens.length; end++) {
    const token = tokens[end];
    if (token === undefined || token.kind === 'range') break;
    if (token.kind !== 'punctuation') continue;
    if ('({'.includes(token.text)) depth++;
    else if (')}'.includes(token.text) && --depth < 0) break;
  }
  return lineQuery(tokens, { mark: '', word: '', open: -1, selector: start, stage: undefined }, end);
}
