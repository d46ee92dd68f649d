// `| json`: every field of a JSON object becomes a label, those of nested objects with their path as the name; arrays and nulls are passed over.
//
// Source: Grafana Loki `pkg/logql/log/parser.go`, JSONParser.

import type { Line } from '../pipeline.ts';
import type { LineLabels } from '../line-labels.ts';
import { FoundLabels, JSON_ERROR, withoutReplacements } from './found-labels.ts';
import { JsonCursor, JsonError, MALFORMED_OBJECT, unescapeJson } from './json-text.ts';
import { ChildNames } from './label-names.ts';
import type { KnownName } from './label-names.ts';
import type { ParserHints } from './parser-hints.ts';
import type { RunStage } from './run-stage.ts';

/** Deeper than lines of logs are nested; it keeps the stack of calls short. */
const DEPTH_MAX = 1000;

export function jsonStage(hints: ParserHints): RunStage {
  const walk = new JsonWalk(hints);
  return (line) => {
    walk.run(line);
    return true;
  };
}

class JsonWalk {
  readonly #found: FoundLabels;
  readonly #cursor = new JsonCursor();
  readonly #names = new ChildNames();

  constructor(hints: ParserHints) {
    this.#found = new FoundLabels(hints);
  }

  run(line: Line): void {
    if (this.#found.isSatisfied(line.labels)) return;
    this.#cursor.reset(line.text);
    try {
      this.#object(line.labels, this.#names, 0);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      this.#found.fail(line, JSON_ERROR, error.message);
    }
  }

  /** Reads the object that begins here; false where all that is needed has been found and the rest does not matter. */
  #object(labels: LineLabels, names: ChildNames, depth: number): boolean {
    const cursor = this.#cursor;
    if (depth > DEPTH_MAX) throw new JsonError(MALFORMED_OBJECT);
    if (!cursor.enterObject()) return true;
    let before: KnownName | undefined;
    do {
      const name = this.#readName(names, before);
      before = name;
      if (cursor.opens === 'object') {
        if (!this.#nested(labels, name, depth)) return false;
        continue;
      }
      cursor.readValue();
      // A key of which nothing is left names no label; that of a nested object may be empty, as in Loki.
      if (cursor.kind === 'array' || cursor.kind === 'null' || (depth === 0 && name.name === '')) continue;
      if (this.#add(labels, name) && this.#found.isSatisfied(labels)) return false;
    } while (cursor.nextField());
    return true;
  }

  /** Reads the next key: mostly it is the one that stood here in the line before. */
  #readName(names: ChildNames, before: KnownName | undefined): KnownName {
    const cursor = this.#cursor;
    const guess = before === undefined ? names.first : before.next;
    if (guess !== undefined && cursor.readKnownKey(guess.key)) return guess;
    cursor.readKey();
    const name = names.of(cursor.key);
    if (before === undefined) names.first = name;
    else before.next = name;
    return name;
  }

  /** A nested object counts only when it is whole: the outermost one is measured before anything in it becomes a label. */
  #nested(labels: LineLabels, { name, children }: KnownName, depth: number): boolean {
    if (!this.#found.hints.wantsPrefix(name)) {
      this.#cursor.readValue();
      return true;
    }
    if (depth === 0) this.#cursor.peekValue();
    return this.#object(labels, children, depth + 1);
  }

  #add(labels: LineLabels, name: KnownName): boolean {
    const free = this.#found.freeName(labels, name);
    if (free === undefined) return false;
    const { kind, raw } = this.#cursor;
    labels.addFound(free, kind === 'string' ? withoutReplacements(unescapeJson(raw) ?? '') : raw);
    return true;
  }
}
