// Pipelines: what stands behind a selector, up to an `unwrap`, which belongs to a range.

import type {
  Extraction,
  LabelFilter,
  LabelFormat,
  LineFilter,
  LineFilterOp,
  LineFilterValue,
  LogfmtStage,
  Stage,
  Unwrap,
  UnwrapConversion,
} from './ast.ts';
import { checkLabelFormats, checkLinePattern, checkPattern, checkRegex, checkRegexp } from './check.ts';
import { parseIp, parseLabelChoices, parseLabelFilter } from './parse-label-filter.ts';
import type { TokenStream } from './token-stream.ts';

const LINE_OPS: readonly LineFilterOp[] = ['|=', '!=', '|~', '!~', '|>', '!>'];
const CONVERSIONS: readonly UnwrapConversion[] = ['duration', 'duration_seconds', 'bytes'];

/** All stages that follow; ends before `| unwrap`. */
export function parseStages(tokens: TokenStream): readonly Stage[] {
  const stages: Stage[] = [];
  for (;;) {
    const op = lineOp(tokens);
    if (op !== undefined) stages.push(...parseLineFilter(tokens, op));
    else if (tokens.is('|') && !isUnwrap(tokens)) stages.push(parseStage(tokens));
    else return stages;
  }
}

function lineOp(tokens: TokenStream): LineFilterOp | undefined {
  const token = tokens.peek();
  return token.kind === 'punctuation' ? LINE_OPS.find((op) => op === token.text) : undefined;
}

function isUnwrap(tokens: TokenStream): boolean {
  const [word, next] = [tokens.peek(1), tokens.peek(2)];
  return word.kind === 'word' && word.text.toLowerCase() === 'unwrap' && next.kind !== 'punctuation';
}

/** One filter, or several where a negated one has alternatives: none of them may match. */
function parseLineFilter(tokens: TokenStream, op: LineFilterOp): readonly LineFilter[] {
  const { from } = tokens.take();
  const alternatives = [parseLineFilterValue(tokens, op)];
  while (tokens.acceptWord('or') !== undefined) alternatives.push(parseLineFilterValue(tokens, op));
  const place = tokens.since(from);
  if (op.startsWith('|')) return [{ kind: 'line_filter', op, alternatives, ...place }];
  return alternatives.map((alternative, i) => ({
    kind: 'line_filter',
    op,
    alternatives: [alternative],
    from: i === 0 ? from : alternative.from,
    to: alternative.to,
  }));
}

function parseLineFilterValue(tokens: TokenStream, op: LineFilterOp): LineFilterValue {
  const token = tokens.peek();
  if (tokens.isWord('ip')) return { kind: 'ip', value: parseIp(tokens), ...tokens.since(token.from) };
  const value = tokens.expectString('STRING or ip');
  if (op === '|~' || op === '!~') checkRegex(tokens, token, value);
  if (op === '|>' || op === '!>') checkLinePattern(tokens, token, value);
  return { kind: 'text', value, from: token.from, to: token.to };
}

type ParseStage = (tokens: TokenStream, from: number) => Stage;

const STAGES: Readonly<Record<string, ParseStage>> = {
  json: (tokens, from) => ({ kind: 'json', extractions: parseExtractions(tokens), ...tokens.since(from) }),
  logfmt: (tokens, from) => parseLogfmt(tokens, from),
  regexp: (tokens, from) => ({ kind: 'regexp', pattern: checkedString(tokens, checkRegexp), ...tokens.since(from) }),
  pattern: (tokens, from) => ({ kind: 'pattern', pattern: checkedString(tokens, checkPattern), ...tokens.since(from) }),
  unpack: (tokens, from) => ({ kind: 'unpack', ...tokens.since(from) }),
  decolorize: (tokens, from) => ({ kind: 'decolorize', ...tokens.since(from) }),
  line_format: (tokens, from) => ({ kind: 'line_format', template: tokens.expectString(), ...tokens.since(from) }),
  label_format: (tokens, from) => ({ kind: 'label_format', formats: parseLabelFormats(tokens), ...tokens.since(from) }),
  drop: (tokens, from) => ({ kind: 'drop', choices: parseLabelChoices(tokens), ...tokens.since(from) }),
  keep: (tokens, from) => ({ kind: 'keep', choices: parseLabelChoices(tokens), ...tokens.since(from) }),
  distinct: (tokens, from) => ({ kind: 'distinct', labels: parseNames(tokens), ...tokens.since(from) }),
};

function parseStage(tokens: TokenStream): Stage {
  const { from } = tokens.take();
  const word = tokens.peek();
  const parse = word.kind === 'word' && Object.hasOwn(STAGES, word.text.toLowerCase()) ? STAGES[word.text.toLowerCase()] : undefined;
  // `| json="x"` compares a label of that name.
  if (parse !== undefined && !isLabelOfKeyword(tokens)) {
    tokens.take();
    return parse(tokens, from);
  }
  if (word.kind !== 'word' && !tokens.is('(')) tokens.unexpected(word);
  const filter = parseLabelFilter(tokens);
  return { kind: 'label_filter', filter, ...tokens.since(from) };
}

/** A stage without an argument may stand before a line filter `!=`; before all else an operator makes a keyword a label. */
function isLabelOfKeyword(tokens: TokenStream): boolean {
  if (!tokens.isComparison()) return false;
  const isFilter = tokens.peek(1).text === '!=' || tokens.peek(1).text === '!~';
  return !isFilter || !tokens.isWord('json', 'logfmt', 'unpack', 'decolorize');
}

function checkedString(tokens: TokenStream, check: (tokens: TokenStream, at: { from: number; to: number }, text: string) => void): string {
  const token = tokens.peek();
  const text = tokens.expectString();
  check(tokens, token, text);
  return text;
}

function parseLogfmt(tokens: TokenStream, from: number): LogfmtStage {
  const flags = new Set<string>();
  while (tokens.peek().kind === 'flag') flags.add(tokens.take().text);
  const extractions = parseExtractions(tokens);
  return { kind: 'logfmt', strict: flags.has('--strict'), keepEmpty: flags.has('--keep-empty'), extractions, ...tokens.since(from) };
}

function parseExtractions(tokens: TokenStream): readonly Extraction[] {
  const extractions: Extraction[] = [];
  if (tokens.peek().kind !== 'word' || tokens.isWord('or', 'and', 'unless')) return extractions;
  do {
    const { from } = tokens.peek();
    const label = tokens.expectName();
    const expression = tokens.accept('=') === undefined ? label : tokens.expectString();
    extractions.push({ label, expression, ...tokens.since(from) });
  } while (tokens.accept(',') !== undefined);
  return extractions;
}

function parseLabelFormats(tokens: TokenStream): readonly LabelFormat[] {
  const formats: LabelFormat[] = [];
  do {
    const { from } = tokens.peek();
    const label = tokens.expectName();
    tokens.expect('=');
    const value = tokens.peek();
    if (value.kind === 'word') formats.push({ kind: 'rename', label, source: tokens.expectName(), ...tokens.since(from) });
    else formats.push({ kind: 'template', label, template: tokens.expectString('IDENTIFIER or STRING'), ...tokens.since(from) });
  } while (tokens.accept(',') !== undefined);
  checkLabelFormats(tokens, formats);
  return formats;
}

/** Names between commas. */
export function parseNames(tokens: TokenStream): readonly string[] {
  const names = [tokens.expectName()];
  while (tokens.accept(',') !== undefined) names.push(tokens.expectName());
  return names;
}

/** `| unwrap duration(latency) | __error__=""`, where it follows. */
export function parseUnwrap(tokens: TokenStream): Unwrap | undefined {
  if (!tokens.is('|') || !isUnwrap(tokens)) return undefined;
  const { from } = tokens.take();
  tokens.take();
  const name = tokens.expectName();
  const conversion = tokens.is('(') ? CONVERSIONS.find((known) => known === name.toLowerCase()) : '';
  if (conversion === undefined) return tokens.unexpected(tokens.peek());
  const label = conversion === '' ? name : parseConverted(tokens);
  const filters: LabelFilter[] = [];
  while (tokens.accept('|') !== undefined) filters.push(parseLabelFilter(tokens));
  return { label, conversion, filters, ...tokens.since(from) };
}

function parseConverted(tokens: TokenStream): string {
  tokens.expect('(');
  const label = tokens.expectName();
  tokens.expect(')');
  return label;
}
