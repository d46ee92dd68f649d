// What the push-down is tested with: lines of every kind that senders send, and queries over them.

import { Buffer } from 'node:buffer';
import fc from 'fast-check';

import { labelsOfRecord } from '../query/labels.ts';
import type { LogEntry } from './write.ts';

export const SEED = 20_261_121;
export const START_NS = 1_700_000_000_000_000_000n;
export const TENANTS: readonly string[] = ['a', 'b'];
const LINES = 600;

export interface WrittenLine {
  readonly tenant: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly entry: LogEntry;
}

const STREAMS: readonly Readonly<Record<string, string>>[] = [
  { app: 'web', env: 'prod' },
  { app: 'web', env: 'dev', detected_level: 'custom' },
  { app: 'api' },
  { app: 'ünï', env: 'prod', level: 'warn' },
  { app: 'db', trace_id: 'of the stream', host: 'h1' },
];

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: 32, maxLength: 32 });
const runs = fc.string({ unit: fc.constantFrom(...'0123456789abcdefXYZ_-'.split('')), minLength: 10, maxLength: 80 });
const blob = fc.uint8Array({ minLength: 700, maxLength: 1500 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const ids = fc.oneof({ weight: 3, arbitrary: hex }, fc.uuid(), runs);
const words = fc.constantFrom(
  'GET',
  'error',
  'ERROR',
  'timeout',
  'ok',
  'naïve',
  'Straße',
  'K',
  '\u212a',
  '日本',
  '😀',
  '10.1.2.3',
  '(a|b)',
  '50%',
  '\\',
  '"',
  'a.b',
);
const glue = fc.constantFrom(' ', '\n', '\t', '\u0000', '', ' - ', '\r\n', '\u00a0', '\u2028', '\u001b[31m');
const prose = fc.array(fc.tuple(words, glue), { maxLength: 8 }).map((parts) => parts.flat().join(''));
const logfmt = fc
  .record({
    level: fc.constantFrom('info', 'warn', 'ERROR', 'x'),
    status: fc.constantFrom('200', '404', '500', 'none'),
    took: fc.integer({ min: 0, max: 5000 }),
    id: ids,
    msg: words,
  })
  .map(({ level, status, took, id, msg }) => `level=${level} status=${status} took=${took}ms id=${id} msg=${JSON.stringify(msg)}`);
/** What logfmt is made of, in no good order: keys twice, without values, in quotes that do not end. */
const pieces = fc.constantFrom(
  'level=warn',
  'level="x y"',
  'level=',
  'level',
  '=warn',
  'status=500',
  'status="404"',
  'status=5"0',
  'status==1',
  'took=1.5s',
  'took="20ms"',
  'took=-3',
  'app=inner',
  'env="a\\"b"',
  'env="open',
  'level_extracted=y',
  'ünï=1',
  'a.b=2',
  'msg="a=b status=9"',
  "q='x y'",
  '\\',
  '"',
  '"level=no"',
  'user=\u0000',
  'detected_level=mine',
  '__error__=x',
);
const soup = fc
  .array(fc.tuple(pieces, fc.constantFrom(' ', '  ', '\t', '\n', ',', '')), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.flat().join(''));
const json = fc
  .record({
    level: fc.constantFrom('info', 'debug'),
    env: words,
    id: ids,
    size: fc.oneof(fc.integer(), fc.double(), fc.constant(null), words),
    nested: fc.record({ a: words, b: fc.boolean() }),
  })
  .map((value) => JSON.stringify(value));
const bytes = fc.uint8Array({ maxLength: 30 }).map((noise) => Buffer.concat([Buffer.from('raw GET '), noise, Buffer.from(' error')]));
const line: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  prose,
  { weight: 2, arbitrary: logfmt },
  { weight: 2, arbitrary: soup },
  json,
  bytes,
  blob,
  fc.tuple(prose, ids, prose).map((parts) => parts.join('')),
  fc.constant(''),
);
const metadata = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.dictionary(
    fc.constantFrom('trace_id', 'app', 'env', 'detected_level', 'level', 'user', 'app_extracted'),
    fc.oneof(words, hex, fc.constant('')),
    { maxKeys: 3 },
  ),
);

/** No line comes twice with different metadata: of two such lines a store may show either. */
export function generatedLines(): readonly WrittenLine[] {
  const one = fc.record({
    tenant: fc.constantFrom(...TENANTS),
    labels: fc.constantFrom(...STREAMS),
    entry: fc.record({
      // Many at whole seconds, so that lines stand on the edges of windows and at the same time as others.
      tsNs: fc.oneof(
        fc.integer({ min: 0, max: 1199 }).map((second) => START_NS + BigInt(second) * 1_000_000_000n),
        fc.bigInt({ min: START_NS, max: START_NS + 1_199_999_999_999n }),
      ),
      line,
      metadata: metadata.map(labelsOfRecord),
    }),
  });
  const keyOf = ({ tenant, labels, entry }: WrittenLine): string =>
    JSON.stringify([tenant, labels, String(entry.tsNs), String(entry.line)]);
  return [...new Map(fc.sample(one, { numRuns: LINES, seed: SEED }).map((written) => [keyOf(written), written])).values()];
}

const quoted = fc
  .oneof(words, fc.constantFrom('', 'e', 'level=', 'status=500', '\n', '\u0000', 'a\nb', '\ufffd', '%', '_', 'GET '))
  .map((text) => JSON.stringify(text));
const regexes = fc
  .constantFrom(
    '',
    '.',
    '.*',
    '.+',
    '^$',
    '^',
    '$',
    '(?i)error',
    '(?i)STRASSE',
    '(?i)k',
    '(?i)ï',
    'error|GET',
    '^GET',
    'ok$',
    '(?m)^GET',
    '(?m)ok$',
    '(?s)GET.*ok',
    'GET.*ok',
    '[^a]',
    '[[:alpha:]]+',
    '\\d{3,}',
    '\\w+=\\d',
    '\\s',
    '\\S+',
    '\\bok\\b',
    '\\x00',
    '\\n',
    '\\pL',
    '\\p{Han}',
    '[^\\x00-\\x7f]',
    '😀',
    '.{2}日',
    '^.{3}$',
    '(a|b)',
    '\\(a\\|b\\)',
    'status=(4|5)..',
    '(?i:get) ',
    'x*',
    '(?U)a+',
    '\\Qa.b\\E',
    '\\.',
    '[.]b',
    '(ok|)',
    '(?i)İ',
    'a|',
    '\\z',
    '\\A',
    '"',
    '\\\\',
    '\\C',
    '(?s).',
    '(?-s).',
    '(?i)[k-l]',
    '[\\s\\S]',
    'id=[0-9a-f]{32}\\b',
    '50%',
    '\u0000',
    '\n',
  )
  .map((text) => JSON.stringify(text));
const patterns = fc
  .constantFrom('<_>GET<_>', 'level=<_> status=<_>', '<_>', '<_>error', 'GET<_>', '日<_>', '<_>\n<_>')
  .map((text) => JSON.stringify(text));
const alternatives = (values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(values, { minLength: 1, maxLength: 3 }).map((list) => list.join(' or '));
const lineFilter = fc
  .oneof(
    fc.tuple(fc.constantFrom('|=', '!='), alternatives(quoted)),
    fc.tuple(fc.constantFrom('|~', '!~'), alternatives(regexes)),
    fc.tuple(fc.constantFrom('|>', '!>'), alternatives(patterns)),
    fc.tuple(fc.constantFrom('|=', '!='), fc.constant('ip("10.0.0.0/8")')),
  )
  .map((parts) => parts.join(' '));
const names = fc.constantFrom(
  'app',
  'env',
  'level',
  'detected_level',
  'trace_id',
  'user',
  'app_extracted',
  'missing',
  'status',
  'service_name',
  'nested_a',
  '__error__',
);
const labelFilter = fc.oneof(
  fc.tuple(names, fc.constantFrom('=', '!='), quoted).map((parts) => `| ${parts.join('')}`),
  fc.tuple(names, fc.constantFrom('=~', '!~'), regexes).map((parts) => `| ${parts.join('')}`),
  fc.constantFrom(
    '| status >= 400',
    '| took > 1s',
    '| size > 1KB',
    '| app="web" or user="ok"',
    '| detected_level="error" and env!="dev"',
    '| user=""',
    '| level=~"(?i)ERROR|info"',
  ),
);
const otherStage = fc.constantFrom(
  '| json',
  '| logfmt',
  '| json id="id", size="size"',
  '| logfmt --strict status',
  '| regexp "status=(?P<status>\\\\d+)"',
  '| pattern "level=<level> <_>"',
  '| line_format "{{.app}} {{.status}} GET"',
  '| label_format svc=app',
  '| label_format env="{{.app}}!"',
  '| drop app',
  '| keep env, app',
  '| decolorize',
  '| unpack',
  '| drop detected_level="error"',
  '| drop __error__, __error_details__',
  '| distinct app',
);
const stages = fc
  .array(fc.oneof({ weight: 3, arbitrary: lineFilter }, { weight: 2, arbitrary: labelFilter }, otherStage), { maxLength: 4 })
  .map((list) => list.join(' '));
const selector = fc.constantFrom(
  '{app=~".+"}',
  '{app="web"}',
  '{env=~"prod|"  , app!=""}',
  '{app!="api", service_name=~".+"}',
  '{app=~"web|db"}',
  '{app="nobody"}',
);

/** Without `distinct`: which line it keeps depends on the order in which lines come. */
export const logQueries = fc
  .tuple(
    selector,
    stages.filter((text) => !text.includes('distinct')),
  )
  .map((parts) => parts.join(' '));

const countedStages = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(fc.oneof({ weight: 3, arbitrary: lineFilter }, labelFilter), { maxLength: 3 }).map((list) => list.join(' ')),
  },
  stages.filter((text) => !text.includes('distinct')),
);
const window = fc.constantFrom('[1s]', '[1m]', '[90s]', '[7m]', '[1m30s] offset 45s', '[2m] offset -1m');
const grouping = fc.oneof(
  fc.constant(''),
  fc
    .tuple(
      fc.constantFrom('by', 'without'),
      fc.uniqueArray(
        names.filter((name) => name !== '__error__'),
        { maxLength: 3 },
      ),
    )
    .map(([kind, labels]) => ` ${kind} (${labels.join(', ')})`),
);
const counted = fc
  .tuple(fc.constantFrom('count_over_time', 'rate', 'bytes_over_time', 'bytes_rate', 'absent_over_time'), selector, countedStages, window)
  .map(([op, log, text, range]) => `${op}(${log} ${text} ${range})`);
const unwrapped = fc
  .tuple(
    fc.constantFrom('sum_over_time', 'avg_over_time', 'max_over_time', 'min_over_time', 'stddev_over_time', 'rate'),
    selector,
    lineFilter,
    fc.constantFrom('| logfmt | unwrap status', '| logfmt | unwrap duration(took)', '| json | unwrap bytes(size)'),
    window,
  )
  .map(([op, log, filter, unwrap, range]) => `${op}(${log} ${filter} ${unwrap} | __error__="" ${range})`);
const vector = fc
  .tuple(fc.constantFrom('sum', 'max', 'min', 'avg', 'count', 'stddev'), grouping, fc.oneof({ weight: 4, arbitrary: counted }, unwrapped))
  .map(([op, by, expr]) => `${op}${by} (${expr})`);
/** The shape of most dashboards: a parser, filters on what it finds, series by some of it. */
const parsed = fc.constantFrom(
  '| logfmt',
  '| logfmt',
  '| logfmt --strict',
  '| logfmt --keep-empty',
  '| logfmt status, took',
  '| logfmt lvl="level"',
  '| json',
  '| json env, size',
);
const foundFilter = fc.constantFrom(
  '',
  '',
  '| status >= 400',
  '| status="500"',
  '| level=~"w.*|info"',
  '| level!=""',
  '| took > 1s',
  '| env="" or status="404"',
  '| __error__=""',
  '| app="web"',
  '| level_extracted="warn"',
  '| app_extracted!=""',
);
const fieldNames = fc.constantFrom(
  'level',
  'status',
  'app',
  'env',
  'took',
  'app_extracted',
  'level_extracted',
  'detected_level',
  'lvl',
  'user',
  'missing',
  'msg',
);
const by = fc
  .tuple(fc.constantFrom('by', 'by', 'without'), fc.uniqueArray(fieldNames, { maxLength: 3 }))
  .map(([kind, labels]) => `${kind} (${labels.join(', ')})`);
const found = fc.tuple(selector, fc.oneof(fc.constant(''), lineFilter), parsed, foundFilter).map((parts) => parts.join(' '));
const fieldCounts = fc
  .tuple(fc.constantFrom('sum', 'count', 'max'), by, fc.constantFrom('count_over_time', 'rate', 'bytes_rate'), found, window)
  .map(([op, group, fn, log, range]) => `${op} ${group} (${fn}(${log} ${range}))`);
const fieldValues = fc
  .tuple(
    fc.constantFrom('quantile_over_time(0.9, ', 'avg_over_time(', 'max_over_time(', 'stdvar_over_time('),
    found,
    fc.constantFrom('status', 'duration(took)', 'duration_seconds(took)', 'bytes(size)', 'missing'),
    fc.constantFrom('', '| __error__=""', '| status > 100'),
    window,
    fc.oneof(fc.constant(''), by),
  )
  .map(([fn, log, unwrap, filter, range, group]) => `${fn}${log} | unwrap ${unwrap} ${filter} ${range}) ${group}`);

export const metricQueries = fc.oneof(
  { weight: 2, arbitrary: counted },
  unwrapped,
  { weight: 4, arbitrary: vector },
  { weight: 4, arbitrary: fieldCounts },
  { weight: 2, arbitrary: fieldValues },
  fc.tuple(vector, fc.constantFrom('+', '/', '> bool', 'or', 'unless'), vector).map((parts) => parts.join(' ')),
);

/** Pieces of lines and of metadata, of any length from any place: of ids, of blobs, over the ends of words. */
export function needleTexts(written: readonly WrittenLine[]): fc.Arbitrary<readonly string[]> {
  const texts = written.map(({ entry }) => (typeof entry.line === 'string' ? entry.line : Buffer.from(entry.line).toString('latin1')));
  const piece = fc
    .tuple(
      fc.constantFrom(...texts.filter((text) => text.length > 20)),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(3, 15, 16, 17, 20, 24, 25, 26, 27, 28, 32, 36, 60, 200),
    )
    .map(([text, where, length]) => {
      const from = Math.floor(where * Math.max(text.length - length, 0));
      return text.slice(from, from + length).toWellFormed();
    });
  return fc.array(piece, { minLength: 1, maxLength: 2 });
}
