// Label sets as senders write them, into ours: the label text of a push (`{app="a", host="b"}`), and the names of structured metadata.
//
// Source: Loki `pkg/logql/syntax/parser.go` (ParseLabels), which reads label text as Prometheus reads a metric's.

import { RequestError } from '../../base/request-error.ts';
import { labelNamer } from '../../metrics/ingest/otlp-naming.ts';
import { compareText, type Labels, labelsOf, NO_LABELS } from '../../query/labels.ts';
import { isNamePart, isNameStart, quotedEnd, unquote } from '../../query/scanner.ts';
import type { LogWrite } from '../write.ts';

const QUOTES = '"\'`';

/**
 * The labels of a stream from their text. Throws `bad_data` that shows the text: `couldn't parse labels: …`. A name that stands twice is refused too;
 * an empty value means that the label is absent.
 */
export function parseStreamLabels(text: string): Labels {
  const scanner = new LabelScanner(text);
  const pairs = scanner.pairs();
  pairs.sort(([a], [b]) => compareText(a, b));
  const twice = pairs.find(([name], i) => i > 0 && pairs[i - 1]?.[0] === name);
  if (twice !== undefined) scanner.fail(`duplicate label name ${JSON.stringify(twice[0])}`);
  return labelsOf(pairs);
}

class LabelScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  pairs(): [string, string][] {
    const pairs: [string, string][] = [];
    this.#expect('{');
    while (!this.#take('}')) {
      const name = this.#name();
      this.#expect('=');
      pairs.push([name, this.#value()]);
      if (this.#take(',')) continue;
      this.#expect('}');
      break;
    }
    this.#space();
    if (this.#at < this.#text.length) this.fail('unexpected text behind the labels');
    return pairs;
  }

  fail(problem: string): never {
    const shown = this.#text.length > 200 ? `${this.#text.slice(0, 200)}…` : this.#text;
    throw new RequestError('bad_data', `couldn't parse labels: ${problem} at column ${this.#at + 1} of ${shown}`);
  }

  #name(): string {
    this.#space();
    const from = this.#at;
    const text = this.#text;
    if (!isNameStart(text.charCodeAt(from))) this.fail('expected a label name');
    let to = from + 1;
    while (to < text.length && isNamePart(text.charCodeAt(to))) to++;
    this.#at = to;
    return text.slice(from, to);
  }

  #value(): string {
    this.#space();
    const from = this.#at;
    if (!QUOTES.includes(this.#text[from] ?? ' ')) this.fail('expected a quoted value');
    const found = quotedEnd(this.#text, from);
    if ('problem' in found) return this.fail(found.problem);
    this.#at = found.end;
    return unquote(this.#text, from, found.end).toWellFormed();
  }

  #expect(char: string): void {
    if (!this.#take(char)) this.fail(`expected ${char}`);
  }

  #take(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }
}

/**
 * The name that structured metadata and attributes of OTLP have in a query: what a label name may not hold becomes an underscore.
 * Throws `bad_data` when nothing of it is left.
 */
export const metadataName: (name: string) => string = labelNamer({
  translationStrategy: 'UnderscoreEscapingWithSuffixes',
  labelNameUnderscoreSanitization: false,
  labelNamePreserveMultipleUnderscores: false,
});

/** Structured metadata as a label set, its names made labels; undefined where a name cannot be one, for which the line is refused. */
export function metadataFor(write: LogWrite, pairs: readonly (readonly [string, string])[]): Labels | undefined {
  if (pairs.length === 0) return NO_LABELS;
  try {
    return metadataSet(pairs, metadataName);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    write.refuse('invalid_labels', `structured metadata: ${error.message}`);
    return undefined;
  }
}

/** Up to here a set is sorted by insertion, which for the few entries that lines have takes half the time. */
const INSERTED_MAX = 32;

/** Pairs sorted by name, which `named` may change. Unlike a label of a stream, metadata with an empty value is there. Of a name given twice the last wins. */
export function metadataSet(pairs: readonly (readonly [string, string])[], named: (name: string) => string = same): Labels {
  if (pairs.length > INSERTED_MAX) {
    const byName = new Map(pairs.map(([name, value]) => [named(name), value] as const));
    return [...byName].sort(([a], [b]) => compareText(a, b)).flat();
  }
  const set: string[] = [];
  for (const [given, value] of pairs) {
    const name = named(given);
    let at = set.length;
    while (at > 0 && compareText(set[at - 2] ?? '', name) > 0) at -= 2;
    if (at > 0 && set[at - 2] === name) set[at - 1] = value;
    else if (at === set.length) set.push(name, value);
    else set.splice(at, 0, name, value);
  }
  return set;
}

function same(name: string): string {
  return name;
}
