// Pages bent at random: a parser ends in a refusal or in well-formed entries, in bounded time, and the same key never stands for other labels.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../../base/request-error.ts';
import { labelsKey } from '../../query/labels.ts';
import type { ExpositionFormat, ExpositionSink, Series } from './exposition.ts';
import { parseExposition } from './parse-exposition.ts';

const PIECES = [
  '# TYPE x counter\n',
  '# TYPE h histogram\n',
  '# TYPE s summary\n',
  '# HELP x text\n',
  '# UNIT x_s s\n',
  '# EOF\n',
  '# ',
  '#',
  '\n',
  ' ',
  '\t',
  'x',
  'x_total',
  'x_created',
  'h_bucket',
  'h_count',
  'h_sum',
  '{',
  '}',
  '{a="b"}',
  '{le="1"}',
  '{le="+Inf"}',
  '{"q.n"}',
  '{"q",a="b"}',
  '"',
  '\\',
  ',',
  '=',
  ' 1\n',
  ' 2 3\n',
  ' NaN\n',
  ' 1 # {a="b"} 1\n',
  ' -1\n',
  '\0',
  'é',
  '\ud83d\ude00',
  '1e5',
  '99999999999999999999',
];

const page = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

function parsesOrRefuses(bytes: Uint8Array, format: ExpositionFormat): void {
  const byKey = new Map<string, string>();
  const see = (series: Series): void => {
    const labels = series.labels();
    for (let i = 2; i < labels.length; i += 2)
      assert.ok((labels[i] ?? '') > (labels[i - 2] ?? '') || /[^\0-\x7f]/.test(`${labels[i]}${labels[i - 2]}`));
    const key = series.key();
    const printed = labelsKey(labels);
    // A number label has one spelling under a TYPE line and its own without: the only difference that a key may hide.
    if (!/le=|quantile=/.test(key)) assert.equal(byKey.get(key) ?? printed, printed);
    byKey.set(key, printed);
  };
  const sink: ExpositionSink = { metadata: () => undefined, sample: see, histogram: see, exemplar: see };
  for (const convertClassicHistograms of [false, true]) {
    try {
      parseExposition(bytes, format, sink, { convertClassicHistograms });
    } catch (error) {
      assert.ok(error instanceof RequestError && error.code === 'bad_data', String(error));
    }
  }
}

for (const format of ['prometheus-text', 'openmetrics', 'protobuf'] as const) {
  test(`any bytes as ${format}`, () => {
    fc.assert(
      fc.property(page, (bytes) => parsesOrRefuses(bytes, format)),
      { numRuns: 2000, seed: 7 },
    );
  });
}

test('valid protobuf with bytes changed', () => {
  const valid = [23, 10, 1, 0x68, 24, 4, 34, 16, 58, 14, 8, 3, 0x28, 2, 0x38, 1, 0x62, 4, 8, 2, 16, 2, 0x6a, 2, 2, 0];
  valid[0] = valid.length - 1;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
      const bytes = Uint8Array.from(valid);
      for (const [at, byte] of changes) bytes[at] = byte;
      parsesOrRefuses(bytes, 'protobuf');
    }),
    { numRuns: 3000, seed: 7 },
  );
});
