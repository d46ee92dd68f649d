// Whatever bytes come as a body in whatever coding: a decoded body within its bound, or a clear refusal.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { compressSync } from 'snappy';
import { RequestError } from '../base/request-error.ts';
import { BodyBudget, BodyLease, decodeBytes } from './body.ts';

const BYTES_MAX = 10_000;
const encoders: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
  snappy: (bytes) => Buffer.from(compressSync(Buffer.from(bytes))),
};

const budget = new BodyBudget(() => 1_000_000);

async function decode(bytes: Uint8Array, coding: string): Promise<Uint8Array | undefined> {
  using lease = new BodyLease(budget);
  try {
    return await decodeBytes(bytes, coding, { bytesMax: BYTES_MAX, setting: 'test', timeoutMs: 600_000, lease });
  } catch (error) {
    assert.ok(error instanceof RequestError, String(error));
    assert.ok(['bad_data', 'too_large'].includes(error.code), error.code);
    return undefined;
  }
}

const coding = fc.constantFrom('gzip', 'deflate', 'zstd', 'snappy');

test('a damaged body is refused or bounded', async () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  const property = fc.asyncProperty(coding, fc.uint8Array({ maxLength: 300 }), damage, fc.nat(300), async (name, bytes, changes, cut) => {
    const encoded = Uint8Array.from(encoders[name]?.(bytes) ?? bytes);
    for (const [at, value] of changes) encoded[at % encoded.length] = value;
    const decoded = await decode(encoded.subarray(0, cut), name);
    assert.ok((decoded?.length ?? 0) <= BYTES_MAX);
  });
  await fc.assert(property, { numRuns: 1000, seed: 7 });
  assert.equal(budget.heldBytes, 0);
});

test('what was encoded is decoded', async () => {
  const property = fc.asyncProperty(coding, fc.uint8Array({ maxLength: 3000 }), async (name, bytes) => {
    assert.deepEqual(Buffer.from((await decode(encoders[name]?.(bytes) ?? bytes, name)) ?? []), Buffer.from(bytes));
  });
  await fc.assert(property, { numRuns: 1000, seed: 7 });
});

test('random bytes in any coding', async () => {
  const property = fc.asyncProperty(coding, fc.uint8Array({ maxLength: 100 }), async (name, bytes) => void (await decode(bytes, name)));
  await fc.assert(property, { numRuns: 1000, seed: 7 });
});
