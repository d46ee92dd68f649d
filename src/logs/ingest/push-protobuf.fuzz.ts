// Fuzz: the fast decoder of pushes gives what the plain one gives, for every layout that protobuf allows; damaged bodies end in lines or in `bad_data`.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProtobufWriter } from '../../base/protobuf-writer.ts';
import { RequestError } from '../../base/request-error.ts';
import { SelfMetrics } from '../../base/self-metrics.ts';
import { loadConfig } from '../../config.ts';
import { openTestStore } from '../../metrics/test-store.ts';
import { printLabels } from '../../query/labels.ts';

import { textAt } from '../line-block.ts';
import type { LogStore } from '../log-store.ts';
import type { StoreLogWrite } from '../log-write.ts';
import { openLogStore } from '../open-log-store.ts';
import { LOG_MIGRATIONS } from '../table.ts';
import { readPushProtobuf } from './push-protobuf-reference.ts';
import { decodePushRequest } from './push-protobuf.ts';

const { limits } = loadConfig({ file: undefined, flags: [] }, {});
const NOW_MS = 1_700_000_000_000;

async function openStore(stack: AsyncDisposableStack): Promise<LogStore> {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-push-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const store = stack.use(await openTestStore(dir, LOG_MIGRATIONS));
  const options = { store, limitsOf: () => limits, clock: { now: () => NOW_MS }, metrics: new SelfMetrics(), indexSeriesMax: () => 0 };
  return stack.use(await openLogStore({ ...options, onIndexError: () => undefined }));
}

/** What a body comes to: its lines, or the code of its error. Nothing is committed. */
function written(store: LogStore, body: Uint8Array, read: (body: Uint8Array, write: StoreLogWrite) => void): readonly string[] {
  const write = store.open('t');
  try {
    read(body, write);
    const { rows, stream, ts, lines, metadata } = write.lines.block((number) => write.registry.labels(number));
    return Array.from({ length: rows }, (_, row) => {
      const labels = printLabels(write.registry.labels(stream[row] ?? 0));
      return `${labels} ${ts[row]} ${JSON.stringify(textAt(lines, row))} ${printLabels(metadata?.[row] ?? [])}`;
    });
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
    return [error.code];
  } finally {
    store.giveColumns(write.lines);
  }
}

const line = fc.oneof(
  { weight: 9, arbitrary: fc.string({ maxLength: 20, unit: 'grapheme' }) },
  // Lengths of two and of three bytes.
  { weight: 1, arbitrary: fc.constantFrom(127, 128, 16_383, 16_384).map((size) => 'x'.repeat(size)) },
);
const seconds = fc.oneof(fc.nat(1_700_000_000), fc.integer({ min: -1000, max: 1000 }), fc.constant(0));
const nanos = fc.oneof(fc.nat(999_999_999), fc.constant(0));
const timestamp = fc.tuple(seconds, nanos, fc.boolean()).map(([s, n, swapped]) => {
  const writer = new ProtobufWriter();
  if (swapped) return writer.varint(2, n).varint(1, s).bytes();
  // Zero is what protobuf leaves out.
  if (s !== 0) writer.varint(1, s);
  return n === 0 ? writer.bytes() : writer.varint(2, n).bytes();
});
const pair = fc.record({ name: fc.constantFrom('trace.id', 'a', 'level'), value: fc.string({ maxLength: 5 }) });
const entry = fc
  .tuple(timestamp, line, fc.array(pair, { maxLength: 2 }), fc.constantFrom('time first', 'line first', 'unknown field'))
  .map(([time, text, pairs, layout]) => {
    const writer = new ProtobufWriter();
    if (layout === 'unknown field') writer.varint(9, 300);
    if (layout === 'line first') writer.text(2, text).blob(1, time);
    else writer.blob(1, time).text(2, text);
    for (const { name, value } of pairs) writer.message(3, (inner) => inner.text(1, name).text(2, value));
    return writer.bytes();
  });
const labels = fc.constantFrom('{app="a"}', '{b="2", app="x"}', '{app="é"}', '{level="warn"}');
const body = fc.array(fc.tuple(labels, fc.array(entry, { maxLength: 4 }), fc.boolean()), { maxLength: 3 }).map((streams) => {
  const writer = new ProtobufWriter();
  for (const [own, entries, hash] of streams) {
    const stream = new ProtobufWriter().text(1, own);
    for (const each of entries) stream.blob(2, each);
    if (hash) stream.varint(3, 12345);
    writer.blob(1, stream.bytes());
  }
  return writer.bytes();
});

test('the fast decoder beside the plain one', async () => {
  await using stack = new AsyncDisposableStack();
  const store = await openStore(stack);
  fc.assert(
    fc.property(body, (bytes) => assert.deepEqual(written(store, bytes, decodePushRequest), written(store, bytes, readPushProtobuf))),
    { seed: 11, numRuns: 500 },
  );
  const damaged = fc.tuple(body, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
    const copy = Uint8Array.from(bytes);
    if (copy.length > 0) copy[at % copy.length] = byte;
    return copy.subarray(0, copy.length - (at % 3));
  });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      written(store, bytes, decodePushRequest);
    }),
    { seed: 12, numRuns: 1000 },
  );
});
