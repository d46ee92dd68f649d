// Pages of metrics in, what the sink was told out, printed one entry a line; and what is refused, with the place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestError } from '../../base/request-error.ts';
import { printLabels } from '../../query/labels.ts';
import { formatOf } from './exposition.ts';
import type { ExpositionFormat, ExpositionOptions, ExpositionSink } from './exposition.ts';
import { formatGoFloat, formatOpenMetricsFloat, parseGoFloatText } from './go-float.ts';
import { parseExposition } from './parse-exposition.ts';

/** What a page tells, a line per entry: `name{…} value [@ms] [from ms]`, `# name type unit help`, `~ exemplar`. */
function tell(page: string | Uint8Array, format: ExpositionFormat, options: ExpositionOptions = {}): string[] {
  const lines: string[] = [];
  const times = (ts: number | undefined, startTs: number): string =>
    `${ts === undefined ? '' : ` @${ts}`}${startTs === 0 ? '' : ` from ${startTs}`}`;
  const sink: ExpositionSink = {
    metadata: ({ metric, type, unit, help }) => lines.push(`# ${metric} ${type} [${unit}] ${help}`),
    sample: (series, value, ts, startTs) => lines.push(`${printLabels(series.labels())} ${value}${times(ts, startTs)}`),
    histogram: (series, h, ts, startTs) =>
      lines.push(
        `${printLabels(series.labels())} schema ${h.schema} ${h.counterResetHint} ${h.count}/${h.sum} zero ${h.zeroCount} ` +
          `${h.positiveSpans.map((span) => `${span.offset}+${span.length}`).join()}:${h.positiveBuckets.join()} [${h.customValues.join()}]${times(ts, startTs)}`,
      ),
    exemplar: (_series, { labels, value, ts }) => lines.push(`~ ${printLabels(labels)} ${value}${times(ts, 0)}`),
  };
  parseExposition(typeof page === 'string' ? Buffer.from(page) : page, format, sink, options);
  return lines;
}

function refuses(format: ExpositionFormat, page: string | Uint8Array, message: RegExp): void {
  assert.throws(
    () => tell(page, format),
    (error) => error instanceof RequestError && error.code === 'bad_data' && message.test(error.message),
    JSON.stringify(page),
  );
}

test('Prometheus text', () => {
  const cases: readonly (readonly [string, string[]])[] = [
    ['up 1\n', ['up 1']],
    ['up 1', ['up 1']], // no newline at the end
    ['', []],
    ['\n\n \t\n', []], // blank lines
    ['x{a="b"}2 7\n', ['x{a="b"} 2 @7']], // nothing between labels and value
    ['x { a = "b" , c="d" , } 3\n', ['x{a="b", c="d"} 3']], // blanks everywhere, a comma behind the last label
    ['x{a="b" c="d"} 3\n', ['x{a="b", c="d"} 3']], // no comma between labels
    ['x{b="1",a="2"} 3\n', ['x{a="2", b="1"} 3']], // labels sorted
    ['x{a=""} 3\n', ['x 3']], // an empty value is no label
    ['x{a="q\\"s\\\\n\\n\\z"} 3\n', [`x{a=${JSON.stringify('q"s\\n\n\\z')}} 3`]], // escapes
    ['x{a="two\nlines"} 3\n', ['x{a="two\\nlines"} 3']], // a newline in a value
    ['x{a="n\0l"} 3\n', ['x{a="n\\u0000l"} 3']], // a null byte in a value
    ['{"w.x",a="b"} 3\n', ['w.x{a="b"} 3']], // a quoted name
    ['{a="b","w.x"} 3\n', ['w.x{a="b"} 3']], // a quoted name behind a label
    ['{"w.x","l.n"="b"} 3\n', ['w.x{l.n="b"} 3']], // a quoted label name
    ['# anything\n#x\n# HELPER x\nx 1\n', ['x 1']], // comments
    ['# HELP x a\\nb\\\\\n# TYPE x gauge\nx 1\n', ['# x gauge [] a\nb\\', 'x 1']],
    ['# TYPE x counter\n# TYPE y untyped\ny 1\n', ['# x counter [] ', '# y unknown [] ', 'y 1']],
    ['# TYPE h histogram\nh_bucket{le="1"} 3\n', ['# h histogram [] ', 'h_bucket{le="1.0"} 3']], // one spelling of numbers
    ['# TYPE s summary\ns{quantile="0.50"} 3\n', ['# s summary [] ', 's{quantile="0.5"} 3']],
    ['x NaN\nx +Inf\nx -inf\nx 1e-3\nx .5\nx 5.\n', ['x NaN', 'x Infinity', 'x -Infinity', 'x 0.001', 'x 0.5', 'x 5']],
    ['x 0.1234567890123456789\n', ['x 0.12345678901234568']],
    ['x 1\n\0 rest\n', ['x 1']], // a null byte at the start of a line ends the page
  ];
  for (const [page, expected] of cases) assert.deepEqual(tell(page, 'prometheus-text'), expected, JSON.stringify(page));
});

test('Prometheus text refuses', () => {
  const refused = (page: string, message: RegExp): void => refuses('prometheus-text', page, message);
  refused('9x 1\n', /valid start token at line 1, column 1/);
  refused('x\n', /expected value/);
  refused('y 1\nx{a=1} 1\n', /label value at line 2, column 5/);
  refused('x{a="b} 1\n', /label value/); // no closing quote
  refused('x{a} 1\n', /expected equal/);
  refused('x{,a="b"} 1\n', /label name/);
  refused('x{"y"} 1\n', /name already set/);
  refused('{a="b"} 1\n', /name not set/);
  refused('{""} 1\n', /no metric name/);
  refused('x{a="1",a="2"} 1\n', /not unique/);
  refused('x 0x10\n', /invalid value/);
  refused('x 1_0\n', /invalid value/);
  refused('x 1e999\n', /invalid value/); // out of range
  refused('x 1 -5\n', /timestamp or new record/);
  refused('x 1 5 6\n', /next entry/);
  refused('x 1 99999999999999999999\n', /out of range/);
  refused('# TYPE x thing\n', /invalid metric type/);
  refused('# TYPE 9\n', /metric name after TYPE/);
  refuses('prometheus-text', Buffer.from('x{a="\xff"} 1\n', 'latin1'), /UTF-8/);
});

test('OpenMetrics', () => {
  const cases: readonly (readonly [string, string[]])[] = [
    ['# EOF', []],
    ['x{} 1 2.5\n# EOF\n', ['x 1 @2500']],
    [
      '# TYPE c_s counter\n# UNIT c_s s\n# HELP c_s h\nc_s_total 4 1 # {t="9"} 0.5 1.25\nc_s_created 0.5\n# EOF\n',
      ['# c_s counter [s] h', 'c_s_total 4 @1000 from 500', '~ {t="9"} 0.5 @1250'],
    ],
    [
      '# TYPE c counter\nc_total{a="1"} 1\nc_created{a="1"} 5\nc_total{a="2"} 2\nc_total{a="3"} 3\nc_created{a="3"} 6\n# EOF\n',
      ['# c counter [] ', 'c_total{a="1"} 1 from 5000', 'c_total{a="2"} 2', 'c_total{a="3"} 3 from 6000'], // each group its own
    ],
    [
      '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_count 2\nh_sum 3\nh_created 7\n# EOF\n',
      [
        '# h histogram [] ',
        'h_bucket{le="1.0"} 1 from 7000',
        'h_bucket{le="+Inf"} 2 from 7000',
        'h_count 2 from 7000',
        'h_sum 3 from 7000',
      ],
    ],
    ['# TYPE x_created gauge\nx_created 1\n# EOF\n', ['# x_created gauge [] ', 'x_created 1']], // a name of its own
    ['# TYPE i info\ni_info{v="1"} 1\n# EOF\n', ['# i info [] ', 'i_info{v="1"} 1']],
    ['# TYPE s stateset\ns{s="on"} 1\ns{s="off"} 0\n# EOF\n', ['# s stateset [] ', 's{s="on"} 1', 's{s="off"} 0']],
    ['# TYPE "w.x" gauge\n{"w.x",a="b"} 1\n# EOF\n', ['# w.x gauge [] ', 'w.x{a="b"} 1']],
    // Negative observations of a whole summary.
    [
      '# TYPE s summary\ns{quantile="0.5"} -1\ns_sum -2\ns_count 2\n# EOF\n',
      ['# s summary [] ', 's{quantile="0.5"} -1', 's_sum -2', 's_count 2'],
    ],
  ];
  for (const [page, expected] of cases) assert.deepEqual(tell(page, 'openmetrics'), expected, JSON.stringify(page));
});

test('OpenMetrics refuses', () => {
  const refused = (page: string, message: RegExp): void => refuses('openmetrics', page, message);
  refused('x 1\n', /does not end/);
  refused('x 1', /does not end/);
  refused('# EOF\n\n', /after # EOF/);
  refused('\n# EOF\n', /start token/); // a blank line
  refused('# note\n# EOF\n', /start token/); // a comment
  refused('x  1\n# EOF\n', /expected value/); // two spaces
  refused('x 1 \n# EOF\n', /expected timestamp/);
  refused('x\t1\n# EOF\n', /expected value/);
  refused('x{a="b",} 1\n# EOF\n', /label name/);
  refused('x{a="b", c="d"} 1\n# EOF\n', /label name/);
  refused('x 1 Inf\n# EOF\n', /invalid timestamp/);
  refused('x 1 # {a="b"}\n# EOF\n', /after exemplar labels/);
  refused(`x 1 # {a="${'é'.repeat(128)}"} 1\n# EOF\n`, /128 code points/);
  refused('# TYPE g gauge\ng 1 # {a="b"} 1\n# EOF\n', /exemplar on a gauge/);
  refused('# TYPE x gauge\n# TYPE x gauge\n# EOF\n', /more than one TYPE/);
  refused('# TYPE x_sum gauge\n# TYPE x summary\n# EOF\n', /clashes/);
  refused('# TYPE x gauge\nx 1\n# HELP x h\n# EOF\n', /after samples/);
  refused('# UNIT x s\n# EOF\n', /not a suffix/);
  refused('# TYPE x_s info\n# UNIT x_s s\n# EOF\n', /unit on/);
  refused('# TYPE c counter\nc_total -1\n# EOF\n', /negative/);
  refused('# TYPE i info\ni_info 3\n# EOF\n', /info value/);
  refused('# TYPE s summary\ns{quantile="2"} 1\n# EOF\n', /quantile/);
  refused('# TYPE h histogram\nh_bucket{le="1"} 3\nh_bucket{le="+Inf"} 2\n# EOF\n', /below/);
  refused('# TYPE h histogram\nh_bucket{le="1"} 3\n# EOF\n', /\+Inf/);
  refused('# TYPE h histogram\nh_bucket{le="+Inf"} 3\nh_count 2\n# EOF\n', /differs/);
  refused('# TYPE h histogram\nh_bucket{x="1",le="+Inf"} 3\nh_bucket{x="2",le="+Inf"} 3\nh_count{x="1"} 3\n# EOF\n', /not together/);
  refused('# TYPE g gauge\ng 1 5\ng 1 4\n# EOF\n', /before the one above/);
});

test('classic histograms become custom buckets', () => {
  const page =
    '# TYPE h histogram\nh_bucket{a="x",le="1"} 1\nh_bucket{a="x",le="2"} 3\nh_bucket{a="x",le="+Inf"} 4\nh_sum{a="x"} 9\nh_count{a="x"} 4\nother 1\n';
  const native = 'h{a="x"} schema -53 unknown 4/9 zero 0 0+3:1,2,1 [1,2]';
  assert.deepEqual(tell(page, 'prometheus-text', { convertClassicHistograms: true }), ['# h histogram [] ', native, 'other 1']);
  const kept = tell(page, 'prometheus-text', { convertClassicHistograms: true, classicHistograms: true });
  assert.equal(kept.length, 8);
  assert.ok(kept.includes(native));
  // Counts that fall make no histogram.
  assert.deepEqual(
    tell('# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\n', 'prometheus-text', { convertClassicHistograms: true }),
    ['# h histogram [] '],
  );
});

test('protobuf', () => {
  const page = Buffer.concat([
    delimited(
      text(1, 'c_total'),
      text(2, 'help'),
      varint(3, 0),
      bytes(4, label('a', 'b'), bytes(3, double(1, 5), bytes(3, varint(1, 7))), varint(6, 9)),
    ),
    delimited(
      text(1, 'h'),
      varint(3, 4),
      bytes(
        4,
        bytes(
          7,
          varint(1, 3),
          double(2, 4),
          varint(5, 2),
          double(6, 0.5),
          varint(7, 1),
          bytes(12, varint(1, 2), varint(2, 2)),
          bytes(13, [2, 0]),
        ),
      ),
    ),
    delimited(text(1, 's'), varint(3, 2), bytes(4, bytes(4, varint(1, 2), double(2, 3), bytes(3, double(1, 0.5), double(2, 1))))),
    delimited(
      text(1, 'k'),
      varint(3, 4),
      bytes(4, bytes(7, varint(1, 3), double(2, 4), bytes(3, varint(1, 1), double(2, 1), bytes(3, label('t', '1'), double(2, 0.5))))),
    ),
  ]);
  assert.deepEqual(tell(page, 'protobuf'), [
    '# c_total counter [] help',
    'c_total{a="b"} 5 @9 from 7000',
    '# h histogram [] ',
    'h schema 1 unknown 3/4 zero 1 1+2:1,1 []',
    '# s summary [] ',
    's_count 2',
    's_sum 3',
    's{quantile="0.5"} 1',
    '# k histogram [] ',
    'k_count 3',
    'k_sum 4',
    'k_bucket{le="1.0"} 1',
    '~ {t="1"} 0.5',
    'k_bucket{le="+Inf"} 3',
  ]);
  refuses('protobuf', page.subarray(0, page.length - 1), /past the end/);
  refuses('protobuf', delimited(varint(3, 0), bytes(4)), /without a name/);
  refuses('protobuf', delimited(text(1, 'x'), varint(3, 9), bytes(4)), /unknown metric type/);
});

test('Content-Type', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['text/plain; version=0.0.4', '', 'prometheus-text'],
    ['TEXT/PLAIN', '', 'prometheus-text'],
    ['application/openmetrics-text; version=1.0.0; charset="utf-8"', '', 'openmetrics'],
    ['application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited', '', 'protobuf'],
    ['', 'OpenMetricsText1.0.0', 'openmetrics'],
    ['text/html', 'PrometheusText0.0.4', 'prometheus-text'],
    ['', '', 'refused'],
    ['text/html', '', 'refused'],
    ['text/plain; =', '', 'refused'],
  ];
  for (const [contentType, fallback, expected] of cases) {
    const choice = formatOf(contentType, fallback);
    assert.equal(choice.kind === 'format' ? choice.format : choice.kind, expected, contentType);
  }
});

test('numbers as Go spells them', () => {
  for (const [value, spelled] of [
    [1e6, '1e+06'],
    [123456, '123456'],
    [1e-5, '1e-05'],
    [0.0001, '0.0001'],
    [1.5e100, '1.5e+100'],
  ] as const) {
    assert.equal(formatGoFloat(value), spelled);
  }
  assert.equal(formatOpenMetricsFloat(10), '10.0');
  for (const text of ['', '.', '+', 'e5', '1e', '+nan', 'infinit', '0x1', '1 ']) assert.equal(parseGoFloatText(text), undefined, text);
});

// A small protobuf encoder: fields of messages shorter than 16 KiB.

function size(length: number): number[] {
  return length < 128 ? [length] : [(length & 127) | 128, length >> 7];
}

function varint(field: number, value: number): number[] {
  return [field << 3, value];
}

function double(field: number, value: number): number[] {
  const data = Buffer.alloc(8);
  data.writeDoubleLE(value);
  return [(field << 3) | 1, ...data];
}

function bytes(field: number, ...parts: number[][]): number[] {
  const body = parts.flat();
  // Field numbers over 15 take two bytes of tag; none of the tests needs one.
  return [(field << 3) | 2, ...size(body.length), ...body];
}

function text(field: number, value: string): number[] {
  return bytes(field, [...Buffer.from(value)]);
}

function label(name: string, value: string): number[] {
  return bytes(1, text(1, name), text(2, value));
}

function delimited(...parts: number[][]): Buffer {
  const body = parts.flat();
  return Buffer.from([...size(body.length), ...body]);
}
