// Whatever the line: parsing stages never throw, what they find can be said again, and well-formed lines give what is in them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { labelsRecord } from '../../query/labels.ts';
import { compilePipeline } from './compile-pipeline.ts';
import { LineLabels } from './line-labels.ts';
import { parseLogExpr } from './parse.ts';
import type { Pipeline } from './pipeline.ts';
import { joinLabelName } from './stage/label-names.ts';

const SEED = 20_260_101;

function pipelineOf(stages: string, needed?: ReadonlySet<string>): Pipeline {
  return compilePipeline(parseLogExpr(`{s="x"} ${stages}`).stages, { needed });
}

const labels = new LineLabels();

function found(pipeline: Pipeline, text: string): Readonly<Record<string, string>> {
  labels.reset(['app', 'x'], ['pod', 'y']);
  pipeline.process({ tsNs: 0n, text, labels });
  const { stream, structuredMetadata, parsed } = labels.categorized();
  assert.deepEqual(stream, ['app', 'x']);
  assert.deepEqual(structuredMetadata, ['pod', 'y']);
  assert.deepEqual(labelsRecord(labels.labels()), labelsRecord([...stream, ...structuredMetadata, ...parsed, ...errors()]));
  return labelsRecord(parsed);
}

function errors(): readonly string[] {
  const details = labels.errorDetails === '' ? [] : ['__error_details__', labels.errorDetails];
  return labels.error === '' ? details : ['__error__', labels.error, ...details];
}

const PARSERS = [
  '| json',
  '| json a="a", b="a.b[0]", c="[1].c"',
  '| logfmt',
  '| logfmt --strict --keep-empty',
  '| logfmt --strict a, b="c"',
  '| regexp `(?P<a>\\w+)[ =](?P<b>.*)`',
  '| pattern `<a> <_>=<b>"<c>`',
  '| unpack',
  '| json | logfmt | unpack',
  '| decolorize',
  '| logfmt | a > 5 or b > 5s or c > 5KB or d = ip(`10.0.0.0/8`)',
].map((stages) => ({ stages, all: pipelineOf(stages), some: pipelineOf(stages, new Set(['a', 'b_a'])) }));

const PIECES = ['{', '}', '[', ']', '"', ':', ',', '\\', '\\u00e', '\\ud83d', 'a', 'b', 'app', 'pod', '_entry', '=', ' ', '1', 'true', 'null', '10.0.0.1', '::', '5s', '\u001B[', ';', 'm', 'ä', '\uFFFD', '\n', '""', '{"a":', '"b":{']; // prettier-ignore
const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 24 }).map((pieces) => pieces.join(''));

function survives(text: string): void {
  for (const { stages, all, some } of PARSERS) {
    const whole = found(all, text);
    // Hints leave labels out, and change none.
    if (!stages.includes('|', 1))
      for (const [name, value] of Object.entries(found(some, text))) assert.equal(whole[name], value, `${stages} on ${text}`);
  }
}

test('any text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), survives), { numRuns: 500, seed: SEED });
});

test('any row of pieces', () => {
  fc.assert(fc.property(soup, survives), { numRuns: 3000, seed: SEED });
});

test('fields of JSON become labels, as JSON.parse reads them', () => {
  const json = pipelineOf('| json');
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5, noNullPrototype: true }),
      (object) => {
        const text = JSON.stringify(object);
        const expected = new Map<string, string>();
        flatten(JSON.parse(text), '', expected);
        assert.deepEqual(found(json, text), Object.fromEntries(expected), text);
      },
    ),
    { numRuns: 1500, seed: SEED },
  );
});

function flatten(value: unknown, path: string, into: Map<string, string>, depth = 0): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (value === null || Array.isArray(value) || (depth === 1 && path === '')) return;
    if (!into.has(path)) into.set(path, typeof value === 'string' ? replaced(value) : JSON.stringify(value));
    return;
  }
  for (const [key, inner] of Object.entries(value)) flatten(inner, joinLabelName(path, key), into, depth + 1);
}

/** A half of a pair, which JSON.stringify escapes, makes the whole string nothing. */
function replaced(value: string): string {
  return value.isWellFormed() ? value.replaceAll('\uFFFD', ' ') : '';
}

const key = fc.stringMatching(/^[a-z]{1,4}$/).map((name) => `k${name}`);
const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 });

test('pairs of logfmt become labels', () => {
  const logfmt = pipelineOf('| logfmt --strict');
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 6 }), (pairs) => {
      const text = pairs.map(([name, content]) => `${name}=${JSON.stringify(content)}`).join(' ');
      assert.deepEqual(found(logfmt, text), Object.fromEntries(pairs.map(([name, content]) => [name, replaced(content)])), text);
    }),
    { numRuns: 1000, seed: SEED },
  );
});

test('deep nesting and long rows of quotes end', () => {
  for (const text of ['{"a":'.repeat(20_000), '['.repeat(50_000), '{"a":['.repeat(20_000), '\\"'.repeat(50_000), `{"${'\\'.repeat(50_001)}`, '\u001B[;'.repeat(3000), 'a="'.repeat(20_000), '1.'.repeat(30_000), ':'.repeat(30_000)]) survives(text); // prettier-ignore
});
