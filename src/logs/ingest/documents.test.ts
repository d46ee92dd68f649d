// JSON documents over both of their roads: what becomes of their fields, and what is answered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestError } from '../../base/request-error.ts';
import { startTestServer } from '../../server/test-server.ts';
import { documentTimeNs } from './document-time.ts';
import { elasticBulkRoutes } from './elastic-bulk.ts';
import { elasticProbeRoutes } from './elastic-probes.ts';
import { jsonLinesRoutes } from './json-lines.ts';
import { RecordingLogWrite } from './recording-write.ts';

const NOW_MS = 7;

async function start() {
  const writes: RecordingLogWrite[] = [];
  const options = {
    begin: () => {
      const write = new RecordingLogWrite();
      writes.push(write);
      return write;
    },
    clock: { now: () => NOW_MS },
  };
  const served = await startTestServer({ routes: [...elasticBulkRoutes(options), ...elasticProbeRoutes(), ...jsonLinesRoutes(options)] });
  const post = async (path: string, body: string, headers = {}): Promise<{ status: number; text: string }> => {
    const answer = await fetch(served.url + path, { method: 'POST', body, headers });
    return { status: answer.status, text: await answer.text() };
  };
  return { ...served, post, lines: () => writes.at(-1)?.lines ?? [], writes };
}

/** A document, the parameters, and the line it becomes. */
const DOCUMENTS: readonly (readonly [string, string, string])[] = [
  ['{"_msg":"m","_time":"2024-01-02T03:04:05.123456789Z"}', '', '{job="jsonline"} 1704164645123456789 "m"'],
  ['{"message":"m","@timestamp":1704164645123}', '', '{job="jsonline"} 1704164645123000000 "m"'],
  ['{"log":"m","timestamp":1704164645123456789}', '', '{job="jsonline"} 1704164645123456789 "m"'],
  ['{"msg":"m","host":{"name":"h"},"service":{"name":"s","v":2}}', '', '{host_name="h", service_name="s"} 7000000 "m" {service_v="2"}'],
  [
    '{"message":"m","log":{"file":{"path":"/x"}},"tags":["a",1],"n":null,"e":"","t":true}',
    '',
    '{job="jsonline"} 7000000 "m" {log_file_path="/x", t="true", tags="[\\"a\\",1]"}',
  ],
  ['{"message":"level=info","log.level":"error"}', '', '{job="jsonline"} 7000000 "level=info" {detected_level="error", log_level="error"}'],
  ['{"a":1}', '', '{job="jsonline"} 7000000 "{\\"a\\":1}" {a="1"}'], // no message: the document itself
  [
    '{"a":"m","t":"0","x":"y","big":12345678901234567890}',
    '_msg_field=a&_time_field=t&_stream_fields=x',
    '{x="y"} 7000000 "m" {big="12345678901234567890"}',
  ],
  ['{"msg":"m","a.b":1,"a.c":2,"d":3}', 'ignore_fields=a.*&extra_fields=d=4,e=5&_stream_fields=e', '{e="5"} 7000000 "m" {d="4"}'],
  ['{"msg":"m","日本":1,"ü":{"_":2}}', '', '{job="jsonline"} 7000000 "m" {U___65e5__672c_="1", U___fc__2e___="2"}'],
  ['{"msg":"ü\\u0000"}', '', '{job="jsonline"} 7000000 "ü\\u0000"'],
];

test('fields become line, time, labels and metadata', async () => {
  await using served = await start();
  for (const [document, params, line] of DOCUMENTS) {
    const { status, text } = await served.post(`/insert/jsonline?${params}`, `${document}\r\n\n`);
    assert.deepEqual([status, text], [200, '{"lines":1}'], document);
    assert.deepEqual(served.lines(), [line]);
  }
});

test('headers stand for parameters', async () => {
  await using served = await start();
  await served.post('/insert/jsonline', '{"x":"m","y":"z"}', { 'VL-Msg-Field': 'x', 'VL-Stream-Fields': 'y' });
  assert.deepEqual(served.lines(), ['{y="z"} 7000000 "m"']);
});

test('bad lines are named, the others stored', async () => {
  await using served = await start();
  const { status, text } = await served.post('/insert/jsonline', '{"msg":"a"}\nno\n[1]\n{"msg":"b","_time":"soon"}\n{"msg":"c"}');
  assert.equal(status, 400);
  assert.match(text, /^3 lines were refused, 2 are stored; line 2 is no JSON.*line 3 is no JSON object; line 4 "soon" is no time/);
  assert.equal(served.lines().length, 2);
  const deep = await served.post('/insert/jsonline', `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`);
  assert.ok([200, 400].includes(deep.status));
  assert.equal((await served.post('/insert/jsonline?extra_fields=x', '{}')).status, 400);
});

const BULK = [
  '{"create":{"_index":"app"}}',
  '{"@timestamp":"2024-01-01T00:00:00Z","message":"one"}',
  '{"index":{"_id":"5"}}',
  '{"message":"two","service.name":"s"}',
  '{"delete":{"_index":"app","_id":"1"}}',
  '{"update":{"_index":"app","_id":"1"}}',
  '{"doc":{}}',
  '{"create":{}}',
  'broken',
];

test('bulk: an item for every action', async () => {
  await using served = await start();
  for (const base of ['', '/elasticsearch', '/insert/elasticsearch']) {
    const { status, text } = await served.post(`${base}/main/_bulk`, `${BULK.join('\n')}\n`);
    const answer = JSON.parse(text);
    assert.equal(status, 200);
    assert.equal(answer.errors, true);
    assert.deepEqual(
      answer.items.map(
        (item: object) => Object.entries(item).map(([name, { status: code, _index, _id }]) => `${name} ${_index} ${_id} ${code}`)[0],
      ),
      ['create app  201', 'index main 5 201', 'delete app 1 400', 'update app 1 400', 'create main  400'],
    );
    assert.deepEqual(served.lines(), ['{index="app"} 1704067200000000000 "one"', '{index="main", service_name="s"} 7000000 "two"']);
  }
});

test('bulk: a body whose actions cannot be followed stores nothing', async () => {
  await using served = await start();
  for (const body of ['{"create":{}}\n{"message":"a"}\n{"what":{}}\n{}', '{"create":{}}', 'x', '{"create":{},"index":{}}\n{}', '[]\n{}']) {
    const { status, text } = await served.post('/_bulk', body);
    assert.equal(status, 400, body);
    assert.equal(JSON.parse(text).error.type, 'illegal_argument_exception');
    assert.equal(served.writes.at(-1)?.committed, false);
  }
  assert.deepEqual(JSON.parse((await served.post('/_bulk', '')).text).items, []);
});

test('bulk: what the store refuses is an error of its item, 429 where it may come again', async () => {
  for (const [reason, code] of [
    ['line_too_long', 400],
    ['rate_limited', 429],
  ] as const) {
    const write = new RecordingLogWrite();
    write.entry = () => {
      write.refuse(reason, 'why');
      return false;
    };
    await using served = await startTestServer({ routes: elasticBulkRoutes({ begin: () => write, clock: { now: () => 0 } }) });
    const answer = JSON.parse(await (await fetch(`${served.url}/_bulk`, { method: 'PUT', body: '{"create":{}}\n{}' })).text());
    assert.deepEqual(
      [answer.errors, answer.items[0].create.status, answer.items[0].create.error.reason],
      [true, code, `${reason} (1): why`],
    );
  }
  const write = new RecordingLogWrite();
  write.failure = new RequestError('unavailable', 'full');
  await using served = await startTestServer({ routes: elasticBulkRoutes({ begin: () => write, clock: { now: () => 0 } }) });
  assert.equal((await fetch(`${served.url}/_bulk`, { method: 'POST', body: '{"create":{}}\n{}' })).status, 503);
});

test('shippers find what they ask for first', async () => {
  await using served = await start();
  for (const path of [
    '',
    '/',
    '/_license',
    '/_cluster/health',
    '/_ilm/policy/filebeat',
    '/_template/x',
    '/_index_template/x',
    '/_data_stream/x',
    '/_nodes/http',
  ]) {
    const answer = await fetch(`${served.url}/insert/elasticsearch${path}`);
    assert.deepEqual([answer.status, answer.headers.get('x-elastic-product')], [200, 'Elasticsearch'], path);
    await answer.json();
    assert.equal((await fetch(`${served.url}/elasticsearch${path}`, { method: 'HEAD' })).status, 200);
  }
  assert.equal((await fetch(`${served.url}/elasticsearch/_index_template/x`, { method: 'PUT', body: '{}' })).status, 200);
});

const TIMES: readonly (readonly [string, bigint | undefined])[] = [
  ['2024-01-02', 1_704_153_600_000_000_000n],
  ['2024-01-02 03:04:05.5', 1_704_164_645_500_000_000n],
  ['2024-01-02T03:04:05+01:00', 1_704_161_045_000_000_000n],
  ['1704164645', 1_704_164_645_000_000_000n],
  ['1704164645.25', 1_704_164_645_250_000_000n],
  ['1704164645123456', 1_704_164_645_123_456_000n],
  ['-1.5', -1_500_000_000n],
  ['99999999999999999999', undefined],
  ['yesterday', undefined],
  ['2024-13-01', undefined],
];

test('times', () => {
  for (const [text, ns] of TIMES) assert.equal(documentTimeNs(text), ns, text);
});
