// Fuzz: whatever bytes come, the shared OTLP readers end in a value or in `bad_data`.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ProtobufReader } from '../base/protobuf.ts';
import { RequestError } from '../base/request-error.ts';
import { valueText } from './any-value.ts';
import { anyValue, parseOtlpJson, resourceField } from './json.ts';
import { readAnyValue, readKeyValue } from './protobuf.ts';

function endsWell(run: () => void): void {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
  }
}

test('protobuf values', () => {
  const seed = { seed: 1, numRuns: 3000 };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (content) => {
      for (const read of [readAnyValue, readKeyValue]) {
        endsWell(() => {
          const reader = new ProtobufReader(Uint8Array.of(0x0a, content.length, ...content));
          reader.next();
          const value = read(reader);
          valueText(value !== null && typeof value === 'object' && 'key' in value ? value.value : value);
        });
      }
    }),
    seed,
  );
});

test('JSON values', () => {
  const names = [
    'stringValue',
    'intValue',
    'boolValue',
    'doubleValue',
    'arrayValue',
    'kvlistValue',
    'bytesValue',
    'values',
    'key',
    'value',
  ];
  const message = fc.letrec((tie) => ({
    node: fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.double(), fc.array(tie('node'), { maxLength: 3 }), tie('object')),
    object: fc.dictionary(fc.constantFrom(...names), tie('node'), { maxKeys: 3 }),
  }));
  fc.assert(
    fc.property(message.object, (value) => {
      endsWell(() => valueText(anyValue(parseOtlpJson(new TextEncoder().encode(JSON.stringify(value))))));
      endsWell(() => resourceField({ resource: { attributes: [{ key: 'a', value }] } }));
    }),
    { seed: 2, numRuns: 3000 },
  );
});
