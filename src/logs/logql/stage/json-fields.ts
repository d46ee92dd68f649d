// `| json status="response.status", first="items[0]"`: labels from chosen places of a JSON text.
//
// Lenient as Loki is: what is read ends where all places are found, and a text that breaks off gives what stood before. A place that is not
// found gives an empty label. Source: Grafana Loki `pkg/logql/log/parser.go`, JSONExpressionParser.

import type { Extraction } from '../ast.ts';
import type { Line } from '../pipeline.ts';
import { FoundLabels, JSON_ERROR, withoutReplacements } from './found-labels.ts';
import { parseJsonPath } from './json-path.ts';
import type { JsonPath } from './json-path.ts';
import { JsonCursor, JsonError, MALFORMED_JSON, unescapeJson } from './json-text.ts';
import type { ParserHints } from './parser-hints.ts';
import type { RunStage } from './run-stage.ts';

/** All paths of a stage as a tree, so that a text is read once. */
interface PathNode {
  readonly next: Map<string | number, PathNode>;
  /** Numbers of the extractions that end here. */
  readonly ends: number[];
}

/** Throws `bad_data` on an expression that is no path. */
export function jsonFieldsStage(extractions: readonly Extraction[], hints: ParserHints): RunStage {
  const walk = new FieldWalk(extractions, hints);
  return (line) => {
    walk.run(line);
    return true;
  };
}

class FieldWalk {
  readonly #labels: readonly string[];
  readonly #root: PathNode = { next: new Map(), ends: [] };
  readonly #found: FoundLabels;
  readonly #cursor = new JsonCursor();
  readonly #isRead: boolean[] = [];
  #left = 0;

  constructor(extractions: readonly Extraction[], hints: ParserHints) {
    this.#labels = extractions.map(({ label }) => label);
    this.#found = new FoundLabels(hints);
    for (const [number, { expression }] of extractions.entries()) addPath(this.#root, parseJsonPath(expression), number);
  }

  run(line: Line): void {
    const { labels, text } = line;
    if (text === '' || this.#found.isSatisfied(labels)) return;
    if (!/^["{[]/.test(text)) {
      this.#found.fail(line, JSON_ERROR);
      return;
    }
    this.#left = this.#labels.length;
    this.#isRead.length = 0;
    this.#cursor.reset(text);
    this.#read(line);
    if (this.#left > 0) for (const label of this.#labels) if (labels.get(label) === undefined) labels.set('parsed', label, '');
  }

  #read(line: Line): void {
    try {
      if (this.#cursor.opens === undefined) this.#refuseField(line);
      else this.#value(line, this.#root);
    } catch (error) {
      // A text that breaks off is no error here: what stands before it counts.
      if (!(error instanceof JsonError)) throw error;
    }
  }

  /** A text alone has no fields, and that is fine; a key and its colon without an object are an error. */
  #refuseField(line: Line): void {
    this.#cursor.readKey();
    this.#found.fail(line, JSON_ERROR, MALFORMED_JSON);
  }

  /** Goes through the value that begins here; false once every place is found. */
  #value(line: Line, node: PathNode): boolean {
    const cursor = this.#cursor;
    if (node.ends.length > 0 && !this.#take(line, node)) return false;
    if (node.next.size > 0 && cursor.opens === 'object') return this.#object(line, node);
    if (node.next.size > 0 && cursor.opens === 'array') return this.#array(line, node);
    cursor.readValue();
    return true;
  }

  #object(line: Line, node: PathNode): boolean {
    const cursor = this.#cursor;
    if (!cursor.enterObject()) return true;
    do {
      cursor.readKey();
      const next = node.next.get(cursor.key);
      if (next === undefined) cursor.readValue();
      else if (!this.#value(line, next)) return false;
    } while (cursor.nextField());
    return true;
  }

  #array(line: Line, node: PathNode): boolean {
    const cursor = this.#cursor;
    if (!cursor.enterArray()) return true;
    let index = 0;
    do {
      const next = node.next.get(index++);
      if (next === undefined) cursor.readValue();
      else if (!this.#value(line, next)) return false;
    } while (cursor.nextElement());
    return true;
  }

  /** Takes the value for the places that end here: the first one of a name counts. */
  #take(line: Line, node: PathNode): boolean {
    const value = this.#valueHere(line);
    for (const number of node.ends) {
      if (this.#isRead[number] === true) continue;
      this.#isRead[number] = true;
      this.#left--;
      if (value !== undefined) this.#found.set(line.labels, this.#labels[number] ?? '', value);
    }
    return this.#left > 0;
  }

  #valueHere(line: Line): string | undefined {
    const cursor = this.#cursor;
    try {
      cursor.peekValue();
    } catch (error) {
      if (error instanceof JsonError) this.#found.fail(line, JSON_ERROR, error.message);
      throw error;
    }
    const { kind, raw } = cursor;
    if (kind === 'null') return '';
    return kind === 'object' ? raw : withoutReplacements(unescapeJson(raw) ?? '');
  }
}

function addPath(root: PathNode, path: JsonPath, number: number): void {
  let node = root;
  for (const part of path) {
    const next: PathNode = node.next.get(part) ?? { next: new Map(), ends: [] };
    node.next.set(part, next);
    node = next;
  }
  node.ends.push(number);
}
