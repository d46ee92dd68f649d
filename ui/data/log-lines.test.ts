// Lines from the server's JSON, their fields and levels, and what they link to.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { levelOf, levelOfWord } from './levels.ts';
import { linksOfLine, streamQuery, traceIdsOf } from './links.ts';
import { compareNs, decodeLines, entryKey, fieldValue, fieldsOf, msOf } from './log-lines.ts';
import type { LogEntry } from './log-lines.ts';
import { linksOfSeries } from './series-links.ts';

const answer = {
  resultType: 'streams',
  encodingFlags: ['categorize-labels'],
  result: [
    { stream: { app: 'a' }, values: [['1700000000000000003', 'third', { structuredMetadata: { level: 'warn' }, parsed: { x: '1' } }]] },
    {
      stream: { app: 'b' },
      values: [
        ['1700000000000000002', 'second'],
        ['1700000000000000001', 'first'],
      ],
    },
  ],
};

const entry = (more: Partial<LogEntry> = {}): LogEntry => ({ ns: '1', line: '', stream: {}, metadata: {}, parsed: {}, ...more });

test('streams become one list in the order of time', () => {
  assert.deepEqual(
    decodeLines(answer, 'backward').map(({ line }) => line),
    ['third', 'second', 'first'],
  );
  const [first, , third] = decodeLines(answer, 'forward');
  assert.equal(first?.line, 'first');
  assert.deepEqual(third?.metadata, { level: 'warn' });
  assert.deepEqual(
    fieldsOf(third ?? entry()).map(({ name, value, category }) => `${category} ${name}=${value}`),
    ['stream app=a', 'metadata level=warn', 'parsed x=1'],
  );
  assert.equal(first ? msOf(first) : 0, 1_700_000_000_000);
  for (const wrong of [
    undefined,
    {},
    { resultType: 'matrix' },
    { resultType: 'streams', result: {} },
    { resultType: 'streams', result: [{ values: [1] }] },
  ]) {
    assert.throws(() => decodeLines(wrong, 'forward'), /expected/);
  }
});

test('times compare as numbers do, and a key tells lines of one time apart', () => {
  assert.ok(compareNs('999', '1000') < 0);
  assert.ok(compareNs('1000', '999') > 0);
  assert.equal(compareNs('1000', '1000'), 0);
  const keys = [entry({ line: 'a' }), entry({ line: 'b' }), entry({ line: 'a', stream: { app: 'x' } }), entry({ ns: '2', line: 'a' })].map(
    entryKey,
  );
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(entryKey(entry({ stream: { a: '1', b: '2' } })), entryKey(entry({ stream: { b: '2', a: '1' } })));
});

test('a level is found where it stands, whatever it is called', () => {
  const cases: readonly (readonly [Partial<LogEntry>, string])[] = [
    [{ metadata: { detected_level: 'error' }, parsed: { level: 'info' } }, 'error'],
    [{ parsed: { level: 'WARNING' } }, 'warn'],
    [{ stream: { severity: 'Crit' } }, 'critical'],
    [{ metadata: { detected_level: '' }, stream: { level: 'dbug' } }, 'debug'],
    [{}, 'unknown'],
  ];
  for (const [given, expected] of cases) assert.equal(levelOf(entry(given)), expected);
  assert.equal(levelOfWord('panic'), 'fatal');
  assert.equal(fieldValue(entry({ stream: { x: '1' }, parsed: { x: '2' } }), 'x'), '2');
});

test('a line names traces', () => {
  const id = '0123456789abcdef0123456789ABCDEF';
  const named = entry({
    line: `a ${id} b x${id} ${'0'.repeat(32)}`,
    metadata: { trace_id: id.toLowerCase(), traceid: 'fedcba9876543210' },
  });
  assert.deepEqual(traceIdsOf(named), [id.toLowerCase(), 'fedcba9876543210']);
  assert.equal(streamQuery({ b: '2', a: 'x"y' }), '{a="x\\"y", b="2"}');
});

test('lines and series lead to the service that they are of', () => {
  const ofLine = linksOfLine(entry({ ns: '1700000000000000000', stream: { service_name: 'cart' }, line: 'no id' }), 1_700_000_001_000);
  const ofSeries = linksOfSeries('sum by (job) (rate(a{pod="p"}[5m]))', { job: 'shop/cart' }, { startMs: 0, endMs: 1000 });
  for (const links of [ofLine, ofSeries]) assert.ok(links.some(({ path }) => path.startsWith('/services/cart?')));
  assert.ok(ofSeries.some(({ title }) => title === 'Logs of pod p'));
});

test('whatever an answer holds, it is read or refused in words', () => {
  const value = fc.oneof(fc.jsonValue(), fc.tuple(fc.string(), fc.string(), fc.jsonValue()));
  const stream = fc.record({ stream: fc.jsonValue(), values: fc.oneof(fc.array(value), fc.jsonValue()) });
  const data = fc.oneof(
    fc.jsonValue(),
    fc.record({ resultType: fc.constant('streams'), result: fc.oneof(fc.array(stream), fc.jsonValue()) }),
  );
  fc.assert(
    fc.property(data, (any) => {
      try {
        for (const each of decodeLines(any, 'backward')) {
          assert.equal(typeof each.line, 'string');
          assert.equal(typeof entryKey(each), 'string');
          assert.ok(fieldsOf(each).every((field) => typeof field.value === 'string'));
        }
      } catch (error) {
        assert.match(String(error), /expected/);
      }
    }),
    { numRuns: 2000, seed: 11 },
  );
});
