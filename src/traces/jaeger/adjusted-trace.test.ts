// What is said of spans whose clock seems to differ from their parent's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnyValue } from '../../otlp/any-value.ts';
import { sourceOf, spanOf } from '../store/test-spans.ts';
import { adjusted, asItCame } from './adjusted-trace.ts';

/** A span in milliseconds: its id, its parent's, and where it ran. */
interface Words {
  readonly id: number;
  readonly parent?: number;
  readonly from: number;
  readonly to: number;
  readonly host?: Readonly<Record<string, AnyValue>>;
}

const MS = 1_000_000n;

function id(n: number): Uint8Array {
  return Buffer.from(n.toString(16).padStart(16, '0'), 'hex');
}

function trace(words: readonly Words[]): Parameters<typeof adjusted>[0] {
  const groups = words.map(({ id: own, parent, from, to, host = {} }) => {
    const [startNs, endNs] = [BigInt(from) * MS, BigInt(to) * MS];
    const span = spanOf(1, own, { spanId: id(own), parentId: parent === undefined ? new Uint8Array() : id(parent), startNs, endNs });
    return { source: sourceOf('web', host), spans: [span] };
  });
  return { traceId: '1', groups, partial: undefined };
}

const [A, B] = [{ 'host.name': 'a' }, { 'host.name': 'b' }];
const delta = (text: string): string => `clock skew adjustment disabled; not applying calculated delta of ${text}`;
const parent: Words = { id: 1, from: 100, to: 200, host: A };

const cases: readonly (readonly [title: string, spans: readonly Words[], warnings: readonly string[]])[] = [
  ['a child within its parent', [parent, { id: 2, parent: 1, from: 100, to: 200, host: B }], []],
  ['a child that begins before', [parent, { id: 2, parent: 1, from: 90, to: 150, host: B }], [`2: ${delta('30ms')}`]],
  ['a child that ends after', [parent, { id: 2, parent: 1, from: 180, to: 210, host: B }], [`2: ${delta('-45ms')}`]],
  [
    'hosts that nobody knows',
    [
      { ...parent, host: {} },
      { id: 2, parent: 1, from: 0, to: 1 },
    ],
    [`2: ${delta('149.5ms')}`],
  ],
  ['the same host', [parent, { id: 2, parent: 1, from: 90, to: 150, host: A }], []],
  ['a longer child that begins before', [parent, { id: 2, parent: 1, from: 99, to: 300, host: B }], [`2: ${delta('1ms')}`]],
  ['a longer child that begins after', [parent, { id: 2, parent: 1, from: 101, to: 300, host: B }], []],
  [
    'what is below on the same host',
    [parent, { id: 2, parent: 1, from: 0, to: 100, host: B }, { id: 3, parent: 2, from: 10, to: 20, host: B }],
    [`2: ${delta('100ms')}`, `3: ${delta('100ms')}`],
  ],
  [
    'what is below on another',
    [parent, { id: 2, parent: 1, from: 0, to: 100, host: B }, { id: 3, parent: 2, from: 10, to: 20, host: A }],
    [`2: ${delta('100ms')}`],
  ],
  [
    'hosts by their ids before their names, and the first of several addresses',
    [
      { ...parent, host: { 'host.id': 'x', 'host.name': 'a' } },
      { id: 2, parent: 1, from: 0, to: 100, host: { 'host.id': 'x', 'host.name': 'b' } },
      { id: 3, parent: 2, from: 100, to: 300, host: { 'host.ip': ['x', 'y'] } },
    ],
    [],
  ],
  [
    'a parent that is not there',
    [{ id: 2, parent: 255, from: 0, to: 1 }],
    ['2: parent span ID=00000000000000ff is not in the trace; skipping clock skew adjustment'],
  ],
  ['two spans of one id', [parent, { ...parent, from: 50 }], ['1: duplicate span IDs; skipping clock skew adjustment']],
  [
    'a ring',
    [
      { id: 1, parent: 2, from: 0, to: 1 },
      { id: 2, parent: 1, from: 5, to: 9 },
    ],
    [],
  ],
];

for (const [title, words, expected] of cases) {
  test(title, () => {
    const { groups, warnings } = adjusted(trace(words));
    const said = groups.flatMap(({ spans }) =>
      spans.flatMap((span) => (warnings.get(span) ?? []).map((each) => `${span.spanId.at(-1)}: ${each}`)),
    );
    assert.deepEqual(said.sort(), expected);
    assert.equal(asItCame(trace(words)).warnings.size, 0);
  });
}

test('a chain of any depth', () => {
  const words = Array.from({ length: 20_000 }, (_, i): Words => ({ id: i + 1, from: 0, to: 1, ...(i === 0 ? {} : { parent: i }) }));
  assert.equal(adjusted(trace(words)).warnings.size, 0);
});
