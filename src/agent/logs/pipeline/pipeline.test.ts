// Stages, one line per behaviour: what a list of stages makes of lines, and which lists are refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parse } from 'yaml';

import type { Entry } from './entry.ts';
import { StageChain } from './entry.ts';
import { parseStages } from './parse-stages.ts';

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

interface Outcome {
  readonly lines: readonly Entry[];
  readonly dropped: readonly string[];
  readonly delayMs: number;
  readonly held: number | undefined;
}

/** Runs lines through stages; `flushMs` later what is held back and due is given. */
function run(stages: string, lines: readonly string[], flushMs?: number): Outcome {
  const dropped: string[] = [];
  let delayMs = 0;
  const context = {
    nowMs: () => NOW_MS,
    random: () => 0.5,
    dropped: (reason: string) => dropped.push(reason),
    delay: (ms: number) => (delayMs = Math.max(delayMs, ms)),
  };
  const list: unknown = parse(stages);
  const chain = new StageChain(parseStages(Array.isArray(list) ? list : [list], 'stages').map((make) => make(context)));
  const given: Entry[] = [];
  lines.forEach((line, origin) =>
    chain.process(
      {
        tsNs: BigInt(origin),
        line,
        labels: new Map([['job', 'j']]),
        metadata: new Map(),
        extracted: new Map([['job', 'j']]),
        tenant: 't',
        origin,
      },
      (entry) => given.push(entry),
    ),
  );
  if (flushMs !== undefined) chain.flush(NOW_MS + flushMs, (entry) => given.push(entry));
  return { lines: given, dropped, delayMs, held: chain.held() };
}

function labelsAfter(stages: string, line: string): Readonly<Record<string, string>> {
  return Object.fromEntries(run(stages, [line]).lines[0]?.labels ?? []);
}

/** `[what, stages, line, the labels that come out]` */
const labels: readonly (readonly [string, string, string, Readonly<Record<string, string>>])[] = [
  [
    'json fields',
    '[{json: {expressions: {lvl: level, u: user.name, none: x.y}}}, {labels: {lvl: , user: u, none: }}]',
    '{"level":"warn","user":{"name":"Zoë"}}',
    { job: 'j', lvl: 'warn', user: 'Zoë' },
  ],
  [
    'json: a quoted name, an element',
    String.raw`[{json: {expressions: {a: '"b-c"', d: 'e[1]'}}}, {labels: {a: , d: }}]`,
    '{"b-c":1,"e":[2,3]}',
    { job: 'j', a: '1', d: '3' },
  ],
  [
    'json out of a value',
    '[{json: {expressions: {in: }}}, {json: {source: in, expressions: {a: }}}, {labels: {a: }}]',
    '{"in":"{\\"a\\":7}"}',
    { job: 'j', a: '7' },
  ],
  ['json of no json', '[{json: {expressions: {a: }}}, {labels: {a: }}]', '{a', { job: 'j' }],
  [
    'logfmt',
    '[{logfmt: {mapping: {lvl: level, msg: }}}, {labels: {lvl: , msg: }}]',
    'level=info msg="a b" x',
    { job: 'j', lvl: 'info', msg: 'a b' },
  ],
  [
    'regex',
    '[{regex: {expression: "(?P<m>[A-Z]+) (?P<p>/\\\\S*)"}}, {labels: {method: m, p: }}]',
    'x GET /a?b',
    { job: 'j', method: 'GET', p: '/a?b' },
  ],
  ['regex to labels at once', '[{regex: {expression: "^(?P<a>.)", labels_from_groups: true}}]', 'xyz', { job: 'j', a: 'x' }],
  [
    'static labels, then some fewer',
    '[{static_labels: {a: 1, b: x, c: y}}, {labeldrop: [a]}, {labelallow: [b, job]}]',
    '',
    { job: 'j', b: 'x' },
  ],
  [
    'relabel',
    '[{relabel: [{source_labels: [job], regex: "(.)", target_label: k, replacement: "$1$1"}, {regex: job, action: labeldrop}]}]',
    '',
    { k: 'jj' },
  ],
  ['template', '[{template: {source: new, template: "{{ .job }}-{{ .Entry }}"}}, {labels: {new: }}]', 'L', { job: 'j', new: 'j-L' }],
  [
    'template: the value, a hash',
    '[{template: {source: job, template: "{{ Sha2Hash \\"s\\" .Value | len }}"}}, {labels: {job: }}]',
    '',
    { job: '64' },
  ],
  ['match', '[{match: {selector: "{job=\\"j\\"} |= \\"bad\\"", stages: [{static_labels: {b: "1"}}]}}]', 'so bad', { job: 'j', b: '1' }],
  ['no match', '[{match: {selector: "{job=\\"j\\"} |= \\"bad\\"", stages: [{static_labels: {b: "1"}}]}}]', 'good', { job: 'j' }],
  [
    'match with a parser',
    '[{match: {selector: "{job=~\\".+\\"} | json | n > 5", stages: [{static_labels: {b: "1"}}]}}]',
    '{"n":6}',
    { job: 'j', b: '1' },
  ],
];

test('labels', () => {
  for (const [what, stages, line, expected] of labels) assert.deepEqual(labelsAfter(stages, line), expected, what);
});

/** `[what, stages, lines in, lines out]` */
const texts: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['output', '[{json: {expressions: {m: msg}}}, {output: {source: m}}]', ['{"msg":"hi"}', 'none'], ['hi', 'none']],
  [
    'replace groups',
    '[{replace: {expression: "password=(\\\\S+)", replace: "***"}}]',
    ['password=a x password=b', 'c'],
    ['password=*** x password=***', 'c'],
  ],
  ['replace with the value', '[{replace: {expression: "(?P<ip>\\\\d+)", replace: "<{{ .Value }}>"}}]', ['a1b22'], ['a<1>b<22>']],
  [
    'replace in a value',
    '[{regex: {expression: "(?P<u>.*)"}}, {replace: {source: u, expression: "(b)"}}, {output: {source: u}}]',
    ['abc'],
    ['ac'],
  ],
  ['redact an address', '[{redact: {patterns: [email]}}]', ['to <a.b+c@x.example.org>, @me'], ['to <<redacted>>, @me']],
  [
    'redact a card by its check digit',
    '[{redact: {patterns: [card]}}]',
    ['4111 1111 1111 1111 4111111111111112 0000000000000'],
    ['<redacted> 4111111111111112 0000000000000'],
  ],
  [
    'redact tokens',
    '[{redact: {patterns: [token]}}]',
    ['Authorization: Bearer abcdefghij', '{"api_key":"k3y!","x":1}', 'pwd=hunter2;', 'AKIAABCDEFGHIJKLMNOP'],
    ['Authorization: Bearer <redacted>', '{"api_key":"<redacted>","x":1}', 'pwd=<redacted>;', '<redacted>'],
  ],
  [
    'redact IP addresses',
    '[{redact: {patterns: [ip]}}]',
    ['10.1.2.3:80 999.1.1.1 2001:db8::1 12:34:56 std::vector ::ffff:1.2.3.4'],
    ['<redacted>:80 999.1.1.1 <redacted> 12:34:56 std::vector <redacted>'],
  ],
  [
    'redact what the user names',
    '[{redact: {patterns: [], expressions: ["id=(\\\\d+)"], replacement: "#"}}]',
    ['id=12 id=x'],
    ['id=# id=x'],
  ],
  [
    'pack',
    '[{static_labels: {a: "1"}}, {regex: {expression: "(?P<a>.)"}}, {pack: {labels: [job, a, z]}}]',
    ['x"y'],
    [String.raw`{"a":"x","job":"j","_entry":"x\"y"}`],
  ],
  ['decolorize', '[{decolorize: {}}]', ['\u001b[31mred\u001b[0m'], ['red']],
  ['drop by pattern', '[{drop: {expression: "^#"}}]', ['# a', 'b'], ['b']],
  ['drop by value', '[{logfmt: {mapping: {l: }}}, {drop: {source: l, value: debug}}]', ['l=debug', 'l=info'], ['l=info']],
  [
    'drop by several values',
    '[{logfmt: {mapping: {a: , b: }}}, {drop: {source: [a, b], expression: "^1;2$"}}]',
    ['a=1 b=2', 'a=1'],
    ['a=1'],
  ],
  ['drop by length', '[{drop: {longer_than: 2b}}]', ['abc', 'ab', 'ä!'], ['ab']],
  ['drop by age and pattern', '[{drop: {older_than: 1h, expression: x}}]', ['x', 'y'], ['y']],
  ['sampling', '[{sampling: {rate: 0.6}}]', ['a'], ['a']],
  ['sampling away', '[{sampling: {rate: 0.5}}]', ['a'], []],
  ['limit', '[{limit: {rate: 1, burst: 2, drop: true}}]', ['a', 'b', 'c'], ['a', 'b']],
  ['match and drop', '[{match: {selector: "{job=\\"j\\"} |~ \\"b+\\"", action: drop}}]', ['abb', 'c'], ['c']],
  ['malformed JSON goes', '[{json: {expressions: {a: }, drop_malformed: true}}]', ['{', '{"a":1}'], ['{"a":1}']],
  ['multi-line', '[{multiline: {firstline: "^\\\\S"}}]', [' before', 'a', ' b', 'c', 'd', ' e'], [' before', 'a\n b', 'c', 'd\n e']],
  ['multi-line, few', '[{multiline: {firstline: "^a", max_lines: 2}}]', ['a', 'b', 'c', 'a'], ['a\nb', 'c', 'a']],
  [
    'cri',
    '[{cri: {}}]',
    ['2026-01-02T03:04:05.6Z stdout P par', '2026-01-02T03:04:05.7Z stderr F other', '2026-01-02T03:04:05.8Z stdout F tial', 'plain'],
    ['other', 'partial', 'plain'],
  ],
  [
    'docker',
    '[{docker: {}}]',
    [
      '{"log":"a\\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}',
      '{"log":"b","stream":"stdout"}',
      '{"log":"c\\n","stream":"stdout"}',
      'x',
    ],
    ['a', 'bc', 'x'],
  ],
];

test('lines', () => {
  for (const [what, stages, given, expected] of texts) {
    const lines = run(stages, given, Infinity).lines.map(({ line }) => line);
    assert.deepEqual(lines, expected, what);
  }
});

/** `[what, format, text, nanoseconds]`, `location` where the format holds a bar. */
const times: readonly (readonly [string, string, bigint | undefined])[] = [
  ['RFC3339', '2026-01-02T03:04:05Z', 1767323045000000000n],
  ['RFC3339Nano', '2026-01-02T03:04:05.123456789+01:00', 1767319445123456789n],
  ['Unix', '1767323045.25', 1767323045250000000n],
  ['UnixMs', '1767323045001', 1767323045001000000n],
  ['UnixUs', '1767323045000001', 1767323045000001000n],
  ['UnixNs', '1767323045000000001', 1767323045000000001n],
  ['02/Jan/2006:15:04:05 -0700', '02/Jan/2026:03:04:05 +0000', 1767323045000000000n],
  ['ANSIC', 'Fri Jan  2 03:04:05 2026', 1767323045000000000n],
  ['Jan _2 15:04:05', 'Jan  2 03:04:05', 1767323045000000000n],
  ['Jan _2 15:04:05', 'Dec 31 23:59:59', 1767225599000000000n],
  ['2006-01-02 15:04:05,000', '2026-01-02 03:04:05,007', 1767323045007000000n],
  ['RFC3339', 'yesterday', undefined],
  ['UnixNs', '99999999999999999999', undefined],
];

test('times', () => {
  for (const [format, text, expected] of times) {
    const stages = JSON.stringify([
      { regex: { expression: '(?P<t>.*)' } },
      { timestamp: { source: 't', format, action_on_failure: 'skip' } },
    ]);
    assert.equal(run(stages, [text]).lines[0]?.tsNs, expected ?? 0n, `${format} ${text}`);
  }
  const local = '[{regex: {expression: "(?P<t>.*)"}}, {timestamp: {source: t, format: "2006-01-02 15:04", location: Europe/Berlin}}]';
  assert.equal(run(local, ['2026-01-02 04:04']).lines[0]?.tsNs, 1767323040000000000n);
  const fudged = run('[{logfmt: {mapping: {t: }}}, {timestamp: {source: t, format: UnixNs}}]', ['x', 't=50', 'x', 't=70', 'x', 'x']);
  assert.deepEqual(
    fudged.lines.map(({ tsNs }) => tsNs),
    [0n, 50n, 51n, 70n, 71n, 72n],
  );
});

test('what is held back keeps its origin until it is due', () => {
  const stages = '[{multiline: {firstline: "^a", max_wait_time: 2s}}]';
  const early = run(stages, ['a', 'b', 'a', 'b'], 1000);
  assert.deepEqual([early.lines.length, early.held], [1, 2]);
  const due = run(stages, ['a', 'b', 'a', 'b'], 2000);
  assert.deepEqual([due.lines.length, due.held], [2, undefined]);
  assert.equal(due.lines[1]?.origin, 2);
});

test('a limit that drops nothing asks for time', () => {
  const { lines, delayMs } = run('[{limit: {rate: 10, burst: 1}}]', ['a', 'b', 'c']);
  assert.deepEqual([lines.length, delayMs], [3, 200]);
});

test('tenant, structured metadata', () => {
  const stages =
    '[{logfmt: {mapping: {t: , id: }}}, {tenant: {source: t}}, {structured_metadata: {trace_id: id, gone: t}}, {structured_metadata_drop: {values: [gone]}}]';
  const [first] = run(stages, ['t=other id=7']).lines;
  assert.deepEqual([first?.tenant, [...(first?.metadata ?? [])]], ['other', [['trace_id', '7']]]);
});

/** `[stages, what is said]` */
const refused: readonly (readonly [string, RegExp])[] = [
  ['[{jsn: {}}]', /^stages\[0\]: unknown stage 'jsn'; did you mean 'json'\?$/],
  ['[json]', /^stages\[0\]: a stage is one name with its settings/],
  ['[{json: {expressions: {}}}]', /^stages\[0\]\.json: expressions names no field$/],
  ['[{json: {expresions: {a: }}}]', /^stages\[0\]\.json/],
  ['[{json: {expressions: {a: "b["}}}]', /^stages\[0\]\.json: cannot parse expression/],
  ['[{drop: {}}]', /^stages\[0\]\.drop: names none of source/],
  ['[{output: {source: a}}, {regex: {expression: "("}}]', /^stages\[1\]\.regex: error parsing regexp/],
  ['[{regex: {expression: "a"}}]', /^stages\[0\]\.regex: expression has no named group/],
  ['[{match: {selector: "{a=", stages: [{cri: }]}}]', /^stages\[0\]\.match: parse error at line 1/],
  ['[{match: {selector: "{a=\\"b\\"}", stages: [{cri: {x: 1}}]}}]', /^stages\[0\]\.match\.stages\[0\]\.cri/],
  ['[{match: {selector: "{a=\\"b\\"}"}}]', /^stages\[0\]\.match: stages: names no stage/],
  ['[{timestamp: {source: t, format: RFC3339, location: Nowhere/There}}]', /no time zone "Nowhere\/There" is known/],
  ['[{labels: {"a-b": }}]', /^stages\[0\]\.labels: "a-b" is not a valid label name/],
  ['[{relabel: [{action: hashmod, target_label: a}]}]', /^stages\[0\]\.relabel: rule 1: relabel configuration for hashmod/],
  ['[{multiline: {firstline: a, max_wait_time: soon}}]', /^stages\[0\]\.multiline\.max_wait_time: not a valid duration/],
  ['[{sampling: {rate: 2}}]', /^stages\[0\]\.sampling\.rate: is above 1/],
  ['[{template: {source: a, template: "{{"}}]', /^stages\[0\]\.template: template: pipeline_template:1/],
  ['[{tenant: {value: "a/b"}}]', /^stages\[0\]\.tenant: the tenant id/],
  ['[{redact: {patterns: [phone]}}]', /^stages\[0\]\.redact\.patterns\[0\]: is none of email/],
];

test('stages that cannot be', () => {
  for (const [stages, said] of refused) assert.throws(() => run(stages, []), { name: 'RequestError', message: said }, stages);
});
