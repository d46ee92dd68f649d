// OTLP names as Prometheus names: one line per rule.

import assert from 'node:assert/strict';
import test from 'node:test';
import { RequestError } from '../../base/request-error.ts';
import { labelName, labelNamer, metricName, unitName } from './otlp-naming.ts';
import type { LabelName, NamedMetricKind } from './otlp-naming.ts';
import { OTLP_METRICS_DEFAULTS } from './otlp-settings.ts';
import type { TranslationStrategy } from './otlp-settings.ts';

type Case = readonly [name: string, unit: string, kind: NamedMetricKind, expected: string, namespace?: string];

const CASES: Readonly<Record<TranslationStrategy, readonly Case[]>> = {
  UnderscoreEscapingWithSuffixes: [
    ['jvm.gc.duration', 's', 'histogram', 'jvm_gc_duration_seconds'],
    ['queue..depth!', '{job}', 'gauge', 'queue_depth'], // runs of other characters, a remark as the unit
    ['total.orders', '', 'monotonic_sum', 'orders_total'], // the word moves to the end
    ['orders', '', 'sum', 'orders'],
    ['disk.io', 'MBy/s', 'gauge', 'disk_io_megabytes_per_second'],
    ['io_bytes_per_second', 'By/s', 'gauge', 'io_bytes_per_second_per_second'], // as Prometheus has it: the second part is two words, and not found in the name
    ['hit', '1', 'gauge', 'hit_ratio'],
    ['ratio.hit', '1', 'gauge', 'hit_ratio'],
    ['pages', '{page}/y', 'summary', 'pages_per_year'],
    ['x', '/{tick}', 'gauge', 'x'],
    ['2nd.try', '', 'gauge', '_2nd_try'],
    ['a:b', 'fort$', 'gauge', 'a:b_fort_'],
    ['a', 'fort$/h', 'gauge', 'a_fort_per_hour'],
    ['a', 'm/$', 'gauge', 'a_meters'], // nothing is left of the second part
    ['größe', 'By', 'exponential', 'gr_e_bytes'],
    ['a', '', 'gauge', 'my_app_a', 'my.app'],
  ],
  UnderscoreEscapingWithoutSuffixes: [
    ['http.requests', 's', 'monotonic_sum', 'http_requests'],
    ['a__b', '', 'gauge', 'a__b'],
    ['.a.', '', 'gauge', 'a'],
    ['9lives', '', 'gauge', '_9lives'],
    ['9lives', '', 'gauge', 'ns_9lives', 'ns'],
  ],
  NoUTF8EscapingWithSuffixes: [
    ['http.größe', 'By', 'gauge', 'http.größe_bytes'],
    ['http.bytes', 'By', 'gauge', 'http.bytes'],
    ['http.total', 'By', 'monotonic_sum', 'http_bytes_total'],
    ['rate.per_second', 'By/s', 'gauge', 'rate_bytes_per_second'],
    ['hit.ratio', '1', 'gauge', 'hit_ratio'],
    ['total', '', 'monotonic_sum', 'total_total'], // the name is the word itself
    ['a', '', 'gauge', 'ns_a', 'ns'],
  ],
  NoTranslation: [
    ['http.größe', 'By', 'monotonic_sum', 'http.größe'],
    ['___', '', 'gauge', '___'],
  ],
};

test('metric names', () => {
  for (const [translationStrategy, cases] of Object.entries(CASES) as [TranslationStrategy, readonly Case[]][]) {
    for (const [name, unit, kind, expected, namespace = ''] of cases) {
      assert.equal(metricName(name, unit, kind, { translationStrategy, namespace }), expected, `${translationStrategy} ${name} ${unit}`);
    }
  }
});

test('a name of which nothing is left is refused', () => {
  const refuses = (name: string, translationStrategy: TranslationStrategy, message: RegExp): void => {
    const run = (): string => metricName(name, '', 'gauge', { translationStrategy, namespace: '' });
    assert.throws(run, (error) => error instanceof RequestError && message.test(error.message), name);
  };
  refuses('', 'NoTranslation', /"" resulted in empty name/);
  refuses('ß', 'UnderscoreEscapingWithSuffixes', /"ß" resulted in empty name/);
  refuses('_.', 'UnderscoreEscapingWithoutSuffixes', /"_\." resulted in invalid name "_"/);
});

test('units', () => {
  for (const [unit, expected] of [
    ['', ''],
    ['1', ''],
    ['ms', 'milliseconds'],
    ['By/s', 'bytes_per_second'],
    ['{request}', ''],
    ['{request}/s', 'per_second'],
    [' By / min ', 'bytes_per_min'],
    ['__odd__', 'odd'],
  ] as const) {
    assert.equal(unitName(unit), expected, unit);
  }
});

const how = (over: Partial<LabelName> = {}): LabelName => ({ ...OTLP_METRICS_DEFAULTS, ...over });
const loose = how({ labelNameUnderscoreSanitization: false });
const collapsing = how({ labelNamePreserveMultipleUnderscores: false });
const plain = how({ labelNameUnderscoreSanitization: false, labelNamePreserveMultipleUnderscores: false });
const utf8 = how({ translationStrategy: 'NoUTF8EscapingWithSuffixes' });

test('label names', () => {
  const cases: readonly (readonly [attribute: string, how: LabelName, expected: string])[] = [
    ['http.route', how(), 'http_route'],
    ['a:b', how(), 'a_b'], // a colon is for metric names only
    ['😀x', how(), 'key_x'], // one character, one underscore
    ['a..b', how(), 'a__b'],
    ['a..b', collapsing, 'a_b'],
    ['1st', loose, 'key_1st'],
    ['_a', how(), 'key_a'],
    ['_a', loose, '_a'],
    ['__a', how(), '__a'],
    ['__a', collapsing, 'key_a'],
    ['__a', plain, '_a'],
    ['__a..b__', plain, '__a_b__'], // reserved names keep their ends
    ['http.größe', utf8, 'http.größe'],
  ];
  for (const [attribute, settings, expected] of cases) assert.equal(labelName(attribute, settings), expected, attribute);
});

test('a label of which nothing is left is refused, each time', () => {
  const namer = labelNamer(how());
  for (const attribute of ['', '__', 'ßß']) {
    assert.throws(() => namer(attribute), RequestError);
    assert.throws(() => namer(attribute), RequestError);
  }
  assert.throws(() => labelName('__', utf8), /contains only underscores/);
  assert.equal(namer('a.b'), 'a_b');
  assert.equal(namer('a.b'), 'a_b');
});
