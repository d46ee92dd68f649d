// Plain selectors as the page edits them: `name{label="value",…}` or `{…}`, read into matchers and printed again.
//
// The page adds and takes matchers away; what a selector means is the server's business, so anything else is passed on as it is.

export const OPERATORS = ['=', '!=', '=~', '!~'] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Matcher {
  readonly label: string;
  readonly op: Operator;
  readonly value: string;
}

export interface Selector {
  /** Empty when the selector names no metric in front of the braces. */
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*/;
const STRING = /^"(?:[^"\\\n]|\\.)*"|^'(?:[^'\\\n]|\\.)*'|^`[^`]*`/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" };

/** The selector of a text, or nothing when it is more (or less) than one. */
export function parseSelector(text: string): Selector | undefined {
  let rest = text.trim();
  let metric = NAME.exec(rest)?.[0] ?? '';
  rest = rest.slice(metric.length).trimStart();
  if (rest === '') return metric === '' ? undefined : { metric, matchers: [] };
  if (!rest.startsWith('{')) return undefined;
  rest = rest.slice(1).trimStart();
  const matchers: Matcher[] = [];
  while (!rest.startsWith('}')) {
    const quoted = STRING.exec(rest)?.[0];
    const label = quoted === undefined ? LABEL.exec(rest)?.[0] : unquote(quoted);
    if (label === undefined) return undefined;
    rest = rest.slice((quoted ?? label).length).trimStart();
    const op = OPERATORS.toReversed().find((o) => rest.startsWith(o));
    if (op === undefined) {
      // A quoted text alone is the metric's name: {"http.requests", job="a"}.
      if (quoted === undefined || metric !== '') return undefined;
      metric = label;
    } else {
      rest = rest.slice(op.length).trimStart();
      const value = STRING.exec(rest)?.[0];
      if (value === undefined) return undefined;
      matchers.push({ label, op, value: unquote(value) });
      rest = rest.slice(value.length).trimStart();
    }
    if (rest.startsWith(',')) rest = rest.slice(1).trimStart();
    else if (!rest.startsWith('}')) return undefined;
  }
  return rest.slice(1).trim() === '' ? { metric, matchers } : undefined;
}

function unquote(text: string): string {
  const inner = text.slice(1, -1);
  return text.startsWith('`') ? inner : inner.replace(/\\(.)/g, (_, c: string) => ESCAPES[c] ?? `\\${c}`);
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

const isPlainName = (name: string): boolean => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
const isPlainLabel = (label: string): boolean => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label);

/** As Prometheus prints it; names outside the classic alphabet are quoted inside the braces. */
export function printSelector(selector: Selector): string {
  const plain = selector.metric === '' || isPlainName(selector.metric);
  const inner = selector.matchers.map((m) => `${isPlainLabel(m.label) ? m.label : quote(m.label)}${m.op}${quote(m.value)}`);
  if (!plain) inner.unshift(quote(selector.metric));
  const braces = inner.length === 0 ? '' : `{${inner.join(', ')}}`;
  return `${plain ? selector.metric : ''}${braces}`;
}

/** The selector of a text with one matcher more; the same matcher is not added twice. */
export function addMatcher(text: string, matcher: Matcher): string {
  const selector = parseSelector(text);
  if (!selector) return text;
  const others = selector.matchers.filter((m) => !sameMatcher(m, matcher));
  return printSelector({ ...selector, matchers: [...others, matcher] });
}

/** The selector of a text without a matcher; a selector that would be empty stays as it is. */
export function removeMatcher(text: string, matcher: Matcher): string {
  const selector = parseSelector(text);
  if (!selector) return text;
  const printed = printSelector({ ...selector, matchers: selector.matchers.filter((m) => !sameMatcher(m, matcher)) });
  return printed === '' ? text : printed;
}

function sameMatcher(a: Matcher, b: Matcher): boolean {
  return a.label === b.label && a.op === b.op && a.value === b.value;
}
