// `| json`: every field of a JSON object becomes a label, those of nested objects with their path as the name.
//
// Source: Grafana Loki `pkg/logql/log/parser.go`, JSONParser.

import type { LineLabels } from '../line-labels.ts';
import type { Line } from '../pipeline.ts';
import { FoundLabels, JSON_ERROR, withoutReplacements } from './found-labels.ts';
import {
  blockEnd,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  JsonError,
  MALFORMED_ARRAY,
  MALFORMED_ESCAPE,
  MALFORMED_JSON,
  MALFORMED_OBJECT,
  MALFORMED_STRING,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
  stringEnd,
  tokenEnd,
  unescapeJson,
  wordKind,
} from './json-text.ts';
import { PathNames } from './label-names.ts';
import type { ParserHints } from './parser-hints.ts';
import type { RunStage } from './run-stage.ts';

/** Nested deeper than any log line; Loki has no bound, but its stack grows and ours does not. */
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
  /** Names by the path so far and the key: one look-up per field, and no text built for a path that is known. */
  readonly #root = new PathNames();
  #text = '';
  #done = false;

  constructor(hints: ParserHints) {
    this.#found = new FoundLabels(hints);
  }

  run(line: Line): void {
    const { labels } = line;
    if (this.#found.isSatisfied(labels)) return;
    this.#text = line.text;
    this.#done = false;
    try {
      this.#object(labels, skipSpace(line.text, 0), this.#root, 0);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      this.#found.fail(line, JSON_ERROR, error.message);
    }
  }

  /** Reads the object that begins at `at`; the place behind it, or anything once all that is needed has been found. */
  #object(labels: LineLabels, at: number, names: PathNames, depth: number): number {
    const text = this.#text;
    if (text.charCodeAt(at) !== OPEN_OBJECT || depth > DEPTH_MAX) throw new JsonError(MALFORMED_OBJECT);
    at = skipSpace(text, at + 1);
    if (at === text.length) throw new JsonError(MALFORMED_JSON);
    while (text.charCodeAt(at) !== CLOSE_OBJECT) {
      if (text.charCodeAt(at) !== QUOTE) throw new JsonError(MALFORMED_OBJECT);
      const end = stringEnd(text, at + 1);
      if (end < 0) throw new JsonError(MALFORMED_JSON);
      const key = unescapeJson(text.slice(at + 1, end));
      if (key === undefined) throw new JsonError(MALFORMED_ESCAPE);
      at = skipSpace(text, end + 1);
      if (text.charCodeAt(at) !== COLON) throw new JsonError(MALFORMED_JSON);
      at = this.#value(labels, skipSpace(text, at + 1), names.child(key), depth);
      if (this.#done) return at;
      at = this.#next(at);
    }
    return at + 1;
  }

  /** The next key, or the end of the object, from behind a value. */
  #next(at: number): number {
    const text = this.#text;
    at = skipSpace(text, at);
    if (at === text.length) throw new JsonError(MALFORMED_ARRAY);
    const code = text.charCodeAt(at);
    if (code === CLOSE_OBJECT) return at;
    if (code !== COMMA) throw new JsonError(MALFORMED_OBJECT);
    at = skipSpace(text, at + 1);
    if (at === text.length) throw new JsonError(MALFORMED_ARRAY);
    return at;
  }

  /** Reads the value at `at` and gives the place behind it. */
  #value(labels: LineLabels, at: number, names: PathNames, depth: number): number {
    const text = this.#text;
    if (at === text.length) throw new JsonError(MALFORMED_JSON);
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = stringEnd(text, at + 1);
        if (end < 0) throw new JsonError(MALFORMED_STRING);
        this.#add(labels, names.name, () => withoutReplacements(unescapeJson(text.slice(at + 1, end)) ?? ''));
        return end + 1;
      }
      case OPEN_OBJECT:
        return this.#nested(labels, at, names, depth);
      case OPEN_ARRAY: {
        const end = blockEnd(text, at);
        if (end < 0) throw new JsonError(MALFORMED_ARRAY);
        this.#done = this.#found.isSatisfied(labels);
        return end;
      }
      default: {
        const end = tokenEnd(text, at);
        if (wordKind(text, at, end) === 'null') this.#done = this.#found.isSatisfied(labels);
        else this.#add(labels, names.name, () => text.slice(at, end));
        return end;
      }
    }
  }

  /** A nested object counts only when it is whole: the outermost one is measured before anything in it becomes a label. */
  #nested(labels: LineLabels, at: number, names: PathNames, depth: number): number {
    const wanted = this.#found.hints.wantsPrefix(names.name);
    const end = depth === 0 || !wanted ? blockEnd(this.#text, at) : at;
    if (end < 0) throw new JsonError(MALFORMED_OBJECT);
    if (!wanted) return end;
    const read = this.#object(labels, at, names, depth + 1);
    return depth === 0 ? end : read;
  }

  #add(labels: LineLabels, name: string, value: () => string): void {
    const placed = this.#found.place(labels, name);
    if (placed !== undefined) labels.addParsed(placed, value());
    this.#done = this.#found.isSatisfied(labels);
  }
}
