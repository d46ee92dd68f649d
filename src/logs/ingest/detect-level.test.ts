// The level of lines and of labels, case by case.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOfRecord } from '../../query/labels.ts';
import { detectLevel } from './detect-level.ts';
import { LEVELS, levelOfLabels } from './label-level.ts';

function levelOf(line: string): string {
  const bytes = Buffer.from(`info ${line} error`);
  return LEVELS[detectLevel(bytes, 5, bytes.length - 6)] ?? '';
}

const LINES: readonly (readonly [line: string, level: string])[] = [
  ['', 'unknown'],
  ['nothing to see', 'unknown'],
  // The first word that stands alone, in whatever case.
  ['2026-01-01 12:00:00 WARN disk, info follows', 'warn'],
  ['[Error] x', 'error'],
  ['err: x', 'error'],
  ['a CRITICAL thing', 'critical'],
  ['warning!', 'warn'],
  ['it is fatal', 'fatal'],
  ['"trace"', 'trace'],
  ['dbg x', 'unknown'],
  // What stands beside the word decides.
  ['errors and debugging of information', 'unknown'],
  ['GET /error HTTP', 'unknown'],
  ['misc:error', 'unknown'],
  ['misc:error [debug] x', 'debug'],
  ['xerror error', 'error'],
  ['éerror', 'unknown'],
  ['İNFO started', 'info'],
  ['crİtical', 'critical'],
  // logfmt: the field of the best rank, in whatever case; others by their words.
  ['level=warn msg="an error"', 'warn'],
  ['msg="an error" LEVEL=Inf', 'info'],
  ['severity=critical level=debug', 'debug'],
  ['lvl=dbg severity=wrn', 'warn'],
  ['msg="info" level="\\u0065rr"', 'error'],
  ['level=banana msg="this info"', 'info'],
  ['level= msg="fatal x"', 'fatal'],
  ['x="no end level=error', 'error'],
  ['"quoted" info level=error', 'info'],
  ['x="bad \\q" info=1 level=error', 'info'],
  ['x="tab\\t" info=1 level=error', 'error'],
  ['a=b=c info level=error', 'info'],
  ['=x info level=error', 'info'],
  // JSON: the first string in the line's order, two objects deep, arrays aside.
  ['{"level":"error","msg":"info"}', 'error'],
  [' {"severity":"critical","level":"error"}\n', 'critical'],
  ['{"level":30,"lvl":"WRN"}', 'warn'],
  ['{"log":{"level":"debug"},"x":[{"level":"fatal"}]}', 'debug'],
  ['{"x":[{"level":"fatal"}],"LVL":"trc"}', 'trace'],
  ['{"a":{"b":{"level":"trace"}},"level":"inf"}', 'info'],
  ['{"lEvEl":"information"}', 'unknown'],
  ['{"\\u006cevel":"fatal","x":"info"}', 'fatal'],
  ['{"level":"banana","severity":"error","x":"info"}', 'error'],
  ['{"msg":"a fatal one","n":1}', 'fatal'],
  ['{broken "info" "level":"error"}', 'info'],
  ['{"a":tru,"x":"info","level":"fatal"}', 'info'],
  ['{"a":"\\"level\\":\\"fatal\\"","level":"trace"}', 'trace'],
  ['{}', 'unknown'],
];

test('the level of a line', () => {
  for (const [line, level] of LINES) assert.equal(levelOf(line), level, line);
});

const LABELS: readonly (readonly [stream: Record<string, string>, metadata: Record<string, string>, level: string | undefined])[] = [
  [{ app: 'x' }, {}, undefined],
  [{ level: 'WARNING' }, {}, 'warn'],
  [{ level: 'banana' }, {}, 'banana'],
  [{ LeVeL: 'info' }, {}, undefined],
  [{ severity: 'err', level: 'trc' }, {}, 'trace'],
  [{ level: 'info' }, { detected_level: 'FATAL', level: 'debug' }, 'fatal'],
  [{ level: 'info' }, { level: 'debug' }, 'info'],
  [{}, { severity_text: 'Warn', severity_number: '17' }, 'warn'],
  [{}, { severity_number: '17' }, 'error'],
  [{}, { severity_number: '24' }, 'fatal'],
  [{}, { severity_number: '25' }, 'unknown'],
  [{}, { severity_number: '-3' }, 'trace'],
  [{}, { severity_number: 'many' }, 'info'],
  [{}, { trace_id: 'ab' }, undefined],
];

test('the level that labels give', () => {
  for (const [stream, metadata, level] of LABELS)
    assert.equal(levelOfLabels(labelsOfRecord(stream), labelsOfRecord(metadata)), level, JSON.stringify([stream, metadata]));
});
