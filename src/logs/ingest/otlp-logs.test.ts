// OTLP logs: what becomes of resource, scope and record, case by case; and the routes under the real server, with what the OpenTelemetry SDK sends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as GrpcExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import { attributeRuleProblem } from '../../base/attribute-rule.ts';
import { logsProtobuf } from '../../metrics/ingest/otlp-recording.ts';
import { startTestServer } from '../../server/test-server.ts';
import { exportLogs, otlpLogsRoutes, type OtlpLogsSettings } from './otlp-logs.ts';
import { RecordingLogWrite } from './recording-write.ts';

const SETTINGS: OtlpLogsSettings = {
  otlpStreamLabels: ['service.name', 'k8s.pod.name', 'nested'],
  otlpRules: [],
  discoverServiceName: ['k8s_pod_name'],
};

async function written(message: object, encoding: 'json' | 'protobuf' = 'json', settings = SETTINGS): Promise<string> {
  const write = new RecordingLogWrite();
  const body = encoding === 'json' ? Buffer.from(JSON.stringify(message)) : logsProtobuf(message);
  const answer = await exportLogs({ beginWrite: () => write, settingsOf: () => settings, clock: { now: () => 1 } }, 't', body, encoding);
  return [...write.lines, ...(answer.message === '' ? [] : [`${answer.rejected} ${answer.message}`])].join('\n');
}

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const logs = (record: object, resource: readonly object[] = [text('service.name', 's')], scope: object = {}): object => ({
  resourceLogs: [{ resource: { attributes: resource }, scopeLogs: [{ scope, logRecords: [record] }] }],
});
const line = (record: object): object => logs({ timeUnixNano: '5', ...record });

const CASES: readonly (readonly [message: object, lines: string])[] = [
  [{}, ''],
  [line({ body: { stringValue: 'x' } }), '{service_name="s"} 5 "x"'],
  // The line of any type.
  [line({}), '{service_name="s"} 5 ""'],
  [line({ body: { intValue: '-7' } }), '{service_name="s"} 5 "-7"'],
  [line({ body: { boolValue: true } }), '{service_name="s"} 5 "true"'],
  [line({ body: { doubleValue: 1.5 } }), '{service_name="s"} 5 "1.5"'],
  [line({ body: { bytesValue: 'AQI=' } }), '{service_name="s"} 5 "AQI="'],
  [line({ body: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'b' }, {}] } } }), '{service_name="s"} 5 "[1,\\"b\\",null]"'],
  [
    line({ body: { kvlistValue: { values: [text('b', '<'), { key: 'a', value: { boolValue: false } }] } } }),
    '{service_name="s"} 5 "{\\"a\\":false,\\"b\\":\\"\\\\u003c\\"}"',
  ],
  // Times: the record's, else the observed one, else now; all of 64 bits.
  [
    logs({ timeUnixNano: '1700000000123456789', observedTimeUnixNano: '1700000000123456790' }),
    '{service_name="s"} 1700000000123456789 "" {observed_timestamp="1700000000123456790"}',
  ],
  [logs({ observedTimeUnixNano: '7' }), '{service_name="s"} 7 ""'],
  [logs({}), '{service_name="s"} 1000000 ""'],
  [logs({ timeUnixNano: '18446744073709551615' }), '1 the time of a log record, 18446744073709551615 ns, is beyond the year 2262'],
  // All that a record can have.
  [
    line({
      severityNumber: 9,
      severityText: 'INFO',
      droppedAttributesCount: 2,
      flags: 1,
      traceId: '0A'.repeat(16),
      spanId: '0b'.repeat(8),
      eventName: 'e',
      attributes: [text('event_name', 'other'), text('a.b', 'c')],
    }),
    `{service_name="s"} 5 "" {a_b="c", dropped_attributes_count="2", event_name="e", flags="1", severity_number="9", severity_text="INFO", span_id="${'0b'.repeat(8)}", trace_id="${'0a'.repeat(16)}"}`,
  ],
  // A field that is not set leaves the attribute of its name alone.
  [line({ attributes: [text('trace_id', 'x')], traceId: '0'.repeat(32) }), '{service_name="s"} 5 "" {trace_id="x"}'],
  // Maps are taken apart, names made labels.
  [
    line({
      attributes: [
        {
          key: 'a.b',
          value: { kvlistValue: { values: [text('c-d', '1'), { key: 'e', value: { kvlistValue: { values: [text('f', '2')] } } }] } },
        },
        text('1x', '3'),
      ],
    }),
    '{service_name="s"} 5 "" {a_b_c_d="1", a_b_e_f="2", key_1x="3"}',
  ],
  [line({ attributes: [text('', 'x')] }), '1 an attribute of a log record: label name is empty'],
  // Resource and scope; of a name that stands twice the scope's value counts.
  [
    logs(
      { timeUnixNano: '5', attributes: [text('x', 'record')] },
      [text('service.name', 's'), text('x', 'resource'), text('host.name', 'h')],
      { name: 'n', version: 'v', droppedAttributesCount: 3, attributes: [text('x', 'scope')] },
    ),
    '{service_name="s"} 5 "" {host_name="h", scope_dropped_attributes_count="3", scope_name="n", scope_version="v", x="scope"}',
  ],
  // The labels of the stream.
  [logs({ timeUnixNano: '5' }, [text('k8s.pod.name', 'p')]), '{k8s_pod_name="p", service_name="p"} 5 ""'],
  [logs({ timeUnixNano: '5' }, []), '{service_name="unknown_service"} 5 ""'],
  [
    logs({ timeUnixNano: '5' }, [text('service.name', 's'), { key: 'nested', value: { kvlistValue: { values: [text('a.b', 'c')] } } }]),
    '{nested_a_b="c", service_name="s"} 5 ""',
  ],
];

test('the mapping, the same from both encodings', async () => {
  for (const [message, lines] of CASES) {
    assert.equal(await written(message), lines, JSON.stringify(message));
    assert.equal(await written(message, 'protobuf'), lines, JSON.stringify(message));
  }
  assert.equal(
    await written(logs({ timeUnixNano: '5' }, [text('a', 'b')]), 'json', { ...SETTINGS, discoverServiceName: [] }),
    '{} 5 "" {a="b"}',
  );
  assert.equal(await written(line({ severityNumber: 'SEVERITY_NUMBER_WARN2' })), '{service_name="s"} 5 "" {severity_number="14"}');
});

test('rules come before the list of labels, the first that fits counts', async () => {
  const rules = [
    'resource drop service\\.name',
    'resource label host.*',
    'scope drop .*',
    'record label user',
    'record metadata .*_id',
    'record drop .*',
  ];
  const message = logs(
    { timeUnixNano: '5', attributes: [text('user', 'u'), text('a_id', '1'), text('b', '2')] },
    [text('service.name', 's'), text('host.name', 'h'), text('other', 'o')],
    { name: 'n', attributes: [text('x', 'y')] },
  );
  const expected = '{host_name="h", service_name="unknown_service", user="u"} 5 "" {a_id="1", other="o", scope_name="n"}';
  assert.equal(await written(message, 'json', { ...SETTINGS, otlpRules: rules }), expected);
  for (const rule of ['', 'resource', 'resource keep a', 'scope label a', 'record drop (', 'resource drop '])
    assert.ok(attributeRuleProblem(rule), rule);
});

test('a description may stand behind what it describes', async () => {
  const write = new RecordingLogWrite();
  const body = logsProtobuf(logs({ timeUnixNano: '5' }, [text('service.name', 's')], { name: 'n' }), true);
  await exportLogs({ beginWrite: () => write, settingsOf: () => SETTINGS, clock: { now: () => 1 } }, 't', body, 'protobuf');
  assert.deepEqual(write.lines, ['{service_name="s"} 5 "" {scope_name="n"}']);
});

test('the SDK over each of its exporters; errors and partial success as OTLP has them', async () => {
  const writes: [tenant: string, write: RecordingLogWrite][] = [];
  const beginWrite = (tenant: string): RecordingLogWrite => {
    const write = new RecordingLogWrite();
    writes.push([tenant, write]);
    return write;
  };
  const { http, grpc } = otlpLogsRoutes({ beginWrite, settingsOf: () => SETTINGS, clock: { now: () => 1 } });
  await using server = await startTestServer({ routes: http, grpcRoutes: grpc });
  const exporters: readonly LogRecordExporter[] = [
    new JsonExporter({ url: `${server.url}/v1/logs` }),
    new ProtobufExporter({ url: `${server.url}/otlp/v1/logs` }),
    new GrpcExporter({ url: server.url }),
  ];
  for (const exporter of exporters) {
    writes.length = 0;
    const resource = resourceFromAttributes({ 'service.name': 'shop', 'host.name': 'h' });
    const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
    const record = { timestamp: [1_700_000_000, 5] as [number, number], observedTimestamp: [1_700_000_001, 6] as [number, number] };
    provider.getLogger('test', '1').emit({
      ...record,
      severityNumber: SeverityNumber.WARN,
      severityText: 'WARN',
      body: { a: [1, 'b'] },
      attributes: { 'pay.by': 'card' },
    });
    await provider.shutdown();
    assert.equal(writes[0]?.[0], 'anonymous');
    assert.deepEqual(writes[0]?.[1].lines, [
      '{service_name="shop"} 1700000000000000005 "{\\"a\\":[1,\\"b\\"]}" {host_name="h", observed_timestamp="1700000001000000006", pay_by="card", scope_name="test", scope_version="1", severity_number="13", severity_text="WARN"}',
    ]);
  }
  const post = (type: string, body: string): Promise<Response> =>
    fetch(`${server.url}/v1/logs`, { method: 'POST', headers: { 'content-type': type }, body });
  assert.deepEqual([(await post('application/json', '{"resourceLogs":7}')).status, (await post('text/plain', '')).status], [400, 415]);
  const partial = await post('application/json', JSON.stringify(line({ attributes: [text('', 'x')] })));
  assert.deepEqual(await partial.json(), {
    partialSuccess: { rejectedLogRecords: '1', errorMessage: 'an attribute of a log record: label name is empty' },
  });
});
