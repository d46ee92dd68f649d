// The harness of the fuzz tests of OTLP's decoders, one per signal: what random requests are made of, and what must hold for all of them.
//
//   arbitraries ─▶ request ─┬─▶ JSON ─────▶ decode ─┐
//                           └─▶ protobuf ─▶ decode ─┴─▶ the same
//   damaged, random bytes ─────────────────▶ decode ─▶ an answer or `bad_data`

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RequestError } from '../base/request-error.ts';

export const text = fc.string({ maxLength: 8, unit: 'grapheme' });
export const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
export const uint64 = fc.oneof(fc.nat().map(String), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String));
/** For a message any field of which may be left out. */
export const optional = { requiredKeys: [] };

/** Values of attributes and bodies, nested three deep: those that all signals have, and the signal's `own`. */
function anyValue(own: readonly fc.Arbitrary<object>[]): fc.Arbitrary<object> {
  const { any } = fc.letrec<{ any: object }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      text.map((stringValue) => ({ stringValue })),
      int64.map((intValue) => ({ intValue })),
      fc.boolean().map((boolValue) => ({ boolValue })),
      fc.constant({}),
      ...own,
      fc.array(tie('any'), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
      fc.array(fc.record({ key: text, value: tie('any') }), { maxLength: 3 }).map((values) => ({ kvlistValue: { values } })),
    ),
  }));
  return any;
}

/** Values, and lists of attributes whose keys are random or, often, those that mean something to the signal. */
export function values(keys: readonly string[], own: readonly fc.Arbitrary<object>[]) {
  const any = anyValue(own);
  const key = fc.oneof(text, fc.constantFrom(...keys));
  return { any, attributes: fc.array(fc.record({ key, value: any }), { maxLength: 3 }) };
}

export type Encoding = 'json' | 'protobuf';

export interface Fuzzed<Message> {
  readonly request: fc.Arbitrary<Message>;
  /** The request's bytes in protobuf, its fields in the order of their numbers or reversed. */
  readonly encode: (message: Message, isReversed: boolean) => Uint8Array;
  /** What the decoder makes of a body, in a form that can be compared. */
  readonly decode: (body: Uint8Array, encoding: Encoding) => Promise<readonly unknown[]>;
}

/** What the decoder gives, or the message with which it refuses; it may end in nothing else. */
async function decoded<Message>({ decode }: Fuzzed<Message>, body: Uint8Array, encoding: Encoding): Promise<readonly unknown[]> {
  try {
    return await decode(body, encoding);
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
    return [error.message];
  }
}

const jsonOf = (message: unknown): Uint8Array => Buffer.from(JSON.stringify(message));

/** Both encodings of a request give the same. Entries of a list keep their order, whatever the order of fields. */
export async function checkEncodings<Message>(fuzzed: Fuzzed<Message>, run: fc.Parameters<[Message, boolean]>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fuzzed.request, fc.boolean(), async (message, isReversed) => {
      const json = await decoded(fuzzed, jsonOf(message), 'json');
      assert.deepEqual(await decoded(fuzzed, fuzzed.encode(message, isReversed), 'protobuf'), json);
    }),
    run,
  );
}

/** Requests with one byte changed and perhaps cut, and random bytes, read as either encoding. */
export async function checkDamaged<Message>(fuzzed: Fuzzed<Message>, run: fc.Parameters<[Uint8Array]>): Promise<void> {
  const damaged = fc.tuple(fuzzed.request, fc.nat(), fc.nat(255)).map(([message, at, byte]) => {
    const body = Uint8Array.from(fuzzed.encode(message, false));
    if (body.length > 0) body[at % body.length] = byte;
    return body.slice(0, body.length - (at % 3));
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, fc.uint8Array({ maxLength: 80 })), async (body) => {
      await decoded(fuzzed, body, 'protobuf');
      await decoded(fuzzed, body, 'json');
    }),
    run,
  );
}

/** Requests in JSON of which one value is of another kind. */
export async function checkMistyped<Message>(fuzzed: Fuzzed<Message>, run: fc.Parameters<[Uint8Array]>): Promise<void> {
  const mistyped = fc
    .tuple(fuzzed.request, fc.nat(), fc.constantFrom('', '7', '"x"', 'null', '{}', '[]', '-1'))
    .map(([message, at, put]): Uint8Array => {
      const parts = JSON.stringify(message).split(/(?<=[:,])/);
      parts[at % parts.length] = put + (parts[at % parts.length] ?? '').replace(/^"[^"]*"|^\d+/, '');
      return Buffer.from(parts.join(''));
    });
  await fc.assert(
    fc.asyncProperty(mistyped, async (body) => void (await decoded(fuzzed, body, 'json'))),
    run,
  );
}
