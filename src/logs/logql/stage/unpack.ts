// `| unpack`: undoes the packing of labels into a line, `{"label": "value", "_entry": "the line"}`. Without an `_entry` nothing was packed.
//
// Source: Grafana Loki `pkg/logql/log/parser.go`, UnpackParser.

import type { Line } from '../pipeline.ts';
import { FoundLabels, JSON_ERROR, withoutReplacements } from './found-labels.ts';
import { JsonCursor, JsonError, MALFORMED_ESCAPE, unescapeJson } from './json-text.ts';
import { ChildNames } from './label-names.ts';
import type { KnownName } from './label-names.ts';
import type { ParserHints } from './parser-hints.ts';
import type { RunStage } from './run-stage.ts';

const ENTRY = '_entry';
const NO_OBJECT = 'expecting json object(6), but it is not';

export function unpackStage(hints: ParserHints): RunStage {
  const unpacking: Unpacking = { found: new FoundLabels(hints), cursor: new JsonCursor(), names: new ChildNames() };
  const { found, cursor } = unpacking;
  return (line) => {
    const { labels, text } = line;
    if (text === '' || found.isSatisfied(labels)) return true;
    if (!text.startsWith('{')) {
      found.fail(line, JSON_ERROR, NO_OBJECT);
      return true;
    }
    cursor.reset(text);
    try {
      unpack(line, unpacking);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      found.fail(line, JSON_ERROR, error.message);
    }
    return true;
  };
}

interface Unpacking {
  readonly found: FoundLabels;
  readonly cursor: JsonCursor;
  readonly names: ChildNames;
}

/** The whole object is read before anything of it counts. */
function unpack(line: Line, { cursor, found, names }: Unpacking): void {
  if (!cursor.enterObject()) return;
  const packed: (readonly [KnownName, string])[] = [];
  let entry: string | undefined;
  do {
    cursor.readKey();
    cursor.readValue();
    if (cursor.kind !== 'string') continue;
    const value = unescapeJson(cursor.raw);
    if (cursor.key !== ENTRY) packed.push([names.of(cursor.key), withoutReplacements(value ?? '')]);
    else if (value === undefined) throw new JsonError(MALFORMED_ESCAPE);
    else entry = value;
  } while (cursor.nextField());
  if (entry === undefined) return;
  line.text = entry;
  for (const [name, value] of packed) found.add(line.labels, name, value);
}
