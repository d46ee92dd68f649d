// Loki's push bodies and OTLP logs: what is sent, whether it is taken, and the streams, lines and structured metadata that are found then.
//
// Source: loki pkg/loghttp/push. Each case has a tenant of its own, with the limits that the case asks for.

import { readFileSync } from 'node:fs';
import { deflateRawSync, gzipSync } from 'node:zlib';

import { z } from 'zod';

import { post } from '../harness/client.ts';
import { compare } from './family.ts';
import type { Family, Outcome } from './family.ts';

const text = z.record(z.string(), z.string());

export const lokiPushCases = z.array(
  z.object({
    path: z.string(),
    contentType: z.string(),
    contentEncoding: z.string(),
    bodyEncodedWith: z.enum(['gzip', 'deflate']).optional(),
    valid: z.boolean(),
    enableServiceDiscovery: z.boolean(),
    src: z.string(),
    body: z.string(),
    expectedStreamLabels: z.array(text).default([]),
    expectedLines: z.number().optional(),
    expectedBytes: z.number().optional(),
    expectedStructuredMetadataBytes: z.number().optional(),
  }),
);

const attributesSchema = z.array(
  z.object({
    Action: z.enum(['index_label', 'structured_metadata', 'drop']),
    Attributes: z.array(z.string()).default([]),
    Regex: z.string().optional(),
  }),
);

const otlpConfigSchema = z.object({
  ResourceAttributes: z.object({ IgnoreDefaults: z.boolean().default(false), AttributesConfig: attributesSchema.default([]) }).optional(),
  ScopeAttributes: attributesSchema.default([]),
  LogAttributes: attributesSchema.default([]),
});

const entrySchema = z.object({ timestampNs: z.string(), line: z.string(), structuredMetadata: text });

export const otlpLogsCases = z.array(
  z.object({
    name: z.string(),
    otlp: z.unknown(),
    discoverServiceName: z.union([z.null(), z.array(z.string())]).optional(),
    otlpConfig: z.union([z.literal('default'), otlpConfigSchema]).default('default'),
    expectedStreams: z.array(z.object({ labels: z.string(), entries: z.array(entrySchema) })).optional(),
    expectedEntry: entrySchema.optional(),
  }),
);

type PushCase = z.infer<typeof lokiPushCases>[number];
type OtlpCase = z.infer<typeof otlpLogsCases>[number];
interface Where {
  readonly url: string;
  readonly tenant: string;
}

const ENCODE = { gzip: gzipSync, deflate: deflateRawSync };

export const lokiPushFamily: Family = {
  name: 'Loki push',
  claims: (path) => path === 'loki-push.json',
  prepare({ file }, setup) {
    const cases = lokiPushCases.parse(JSON.parse(readFileSync(file, 'utf8')));
    const tenants = cases.map((each) => setup.tenant({ logs: each.enableServiceDiscovery ? {} : { discoverServiceName: [] } }));
    return ({ url }) => Promise.all(cases.map((each, i) => runPush(each, { url, tenant: tenants[i] ?? '' })));
  },
};

export const otlpLogsFamily: Family = {
  name: 'OTLP logs',
  claims: (path) => path === 'otlp/loki-logs.json',
  prepare({ file }, setup) {
    const cases = otlpLogsCases.parse(JSON.parse(readFileSync(file, 'utf8')));
    const tenants = cases.map((each) => setup.tenant({ logs: otlpLimits(each) }));
    return ({ url }) => Promise.all(cases.map((each, i) => runOtlp(each, { url, tenant: tenants[i] ?? '' })));
  },
};

const ACTIONS = { index_label: 'label', structured_metadata: 'metadata', drop: 'drop' };

/** Loki's configuration of OTLP as our settings. A configuration that is given has no list of labels besides. */
function otlpSettings({
  ResourceAttributes,
  ScopeAttributes,
  LogAttributes,
}: z.infer<typeof otlpConfigSchema>): Readonly<Record<string, unknown>> {
  const rules = (level: string, configs: z.infer<typeof attributesSchema>): readonly string[] =>
    configs.flatMap(({ Action, Attributes, Regex }) =>
      [...(Regex === undefined ? [] : [Regex]), ...Attributes.map((name) => name.replaceAll('.', '\\.'))].map(
        (source) => `${level} ${ACTIONS[Action]} ${source}`,
      ),
    );
  const resource = rules('resource', ResourceAttributes?.AttributesConfig ?? []);
  return { otlpStreamLabels: [], otlpRules: [...resource, ...rules('scope', ScopeAttributes), ...rules('record', LogAttributes)] };
}

const exampleSchema = z.object({
  resourceLogs: z.array(
    z.object({
      scopeLogs: z.array(
        z.object({
          logRecords: z.array(
            z.object({
              timeUnixNano: z.string(),
              severityText: z.string(),
              traceId: z.string().default(''),
              eventName: z.string().default(''),
              body: z.object({ stringValue: z.string().optional() }),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** OpenTelemetry's own examples: every record is a line, with what tells it from others. */
export const otlpLogsExampleFamily: Family = {
  name: 'OTLP logs examples',
  claims: (path) => path === 'otlp/examples/logs.json' || path === 'otlp/examples/events.json',
  prepare({ path, file }, setup) {
    const request: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const records = exampleSchema.parse(request).resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
    const tenant = setup.tenant();
    return async ({ url }) => {
      const sent = { body: JSON.stringify(request), headers: { 'content-type': 'application/json' } };
      const answer = await post({ url, tenant }, '/v1/logs', sent);
      if (answer.text !== '{}') return [compare(path, '{}', `${answer.status} ${answer.text}`)];
      const entries = (await readStreams({ url, tenant }, ['service_name'])).flatMap(({ values }) => values);
      const got = entries.map(([ts, line, { structuredMetadata: own }]) => [
        ts,
        own['severity_text'],
        own['trace_id'],
        own['event_name'],
        line,
      ]);
      const wanted = records.map(({ timeUnixNano, severityText, traceId, eventName, body }, i) => {
        const line = body.stringValue ?? got[i]?.[4];
        return [timeUnixNano, severityText, traceId.toLowerCase() || undefined, eventName || undefined, line];
      });
      return [compare(path, asSet(wanted), asSet(got))];
    };
  },
};

/** A case of a record alone needs a stream to find it by. */
function otlpLimits({ discoverServiceName, expectedStreams, otlpConfig }: OtlpCase): Readonly<Record<string, unknown>> {
  return {
    discoverLevels: false,
    ...(expectedStreams === undefined ? {} : { discoverServiceName: discoverServiceName ?? [] }),
    ...(otlpConfig === 'default' ? {} : otlpSettings(otlpConfig)),
  };
}

async function runPush(each: PushCase, where: Where): Promise<Outcome> {
  const { path, contentType, contentEncoding, bodyEncodedWith, valid, src } = each;
  const headers = { 'content-type': contentType, ...(contentEncoding === '' ? {} : { 'content-encoding': contentEncoding }) };
  const body = bodyEncodedWith === undefined ? each.body : ENCODE[bodyEncodedWith](each.body);
  const answer = await post(where, path, { body, headers });
  const name = `${src} ${contentType} ${contentEncoding} ${each.body.slice(0, 80)}`;
  if (!valid) return compare(name, 'refused', answer.status >= 400 && answer.status < 500 ? 'refused' : answer.status);
  if (answer.status !== 204) return compare(name, 204, `${answer.status} ${answer.text}`);
  const names = new Set(each.expectedStreamLabels.flatMap((labels) => Object.keys(labels)));
  const streams = await readStreams(where, [...names]);
  const entries = streams.flatMap(({ values }) => values);
  const bytes = (texts: readonly string[]): number => texts.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
  const metadata = entries.flatMap(([, , { structuredMetadata }]) =>
    Object.entries(structuredMetadata).filter(([label]) => label !== 'detected_level'),
  );
  const got = {
    labels: asSet(streams.map(({ stream }) => stream)),
    lines: entries.length,
    bytes: bytes(entries.map(([, line]) => line)) + bytes(metadata.flat()),
    metadataBytes: bytes(metadata.flat()),
  };
  const expected = {
    labels: asSet(each.expectedStreamLabels),
    lines: each.expectedLines ?? got.lines,
    bytes: each.expectedBytes ?? got.bytes,
    metadataBytes: each.expectedStructuredMetadataBytes ?? got.metadataBytes,
  };
  return compare(name, expected, got);
}

async function runOtlp(each: OtlpCase, where: Where): Promise<Outcome> {
  const headers = { 'content-type': 'application/json' };
  const answer = await post(where, '/otlp/v1/logs', { body: JSON.stringify(each.otlp), headers });
  if (answer.status !== 200 || answer.text !== '{}') return compare(each.name, '200 {}', `${answer.status} ${answer.text}`);
  const { expectedEntry, expectedStreams = [] } = each;
  const names = expectedEntry === undefined ? expectedStreams.flatMap(({ labels }) => Object.keys(labelsOfText(labels))) : ['service_name'];
  const streams = await readStreams(where, [...new Set(names)]);
  const found = streams.map(({ stream, values }) => ({ labels: stream, entries: asSet(values.map(entryOf)) }));
  if (expectedEntry !== undefined)
    return compare(
      each.name,
      [asSet([expectedEntry])],
      found.map(({ entries }) => entries),
    );
  const wanted = expectedStreams
    .filter(({ entries }) => entries.length > 0)
    .map(({ labels, entries }) => ({ labels: labelsOfText(labels), entries: asSet(entries) }));
  return compare(each.name, asSet(wanted), asSet(found));
}

/** `{a="b", c="d"}` without escapes, as the cases have it. */
function labelsOfText(labels: string): Record<string, string> {
  return Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));
}

function entryOf([timestampNs, line, { structuredMetadata }]: ReadStream['values'][number]): z.infer<typeof entrySchema> {
  return { timestampNs, line, structuredMetadata };
}

function asSet(values: readonly unknown[]): readonly string[] {
  return values
    .map((value) => compare('', value, ''))
    .map((outcome) => (outcome.kind === 'failed' ? outcome.expected : ''))
    .sort();
}

const streamSchema = z.object({
  stream: text,
  values: z.array(z.tuple([z.string(), z.string(), z.object({ structuredMetadata: text.default({}) })])),
});
const answerSchema = z.object({ data: z.object({ result: z.array(streamSchema) }) });
type ReadStream = z.infer<typeof streamSchema>;

/** The streams that have one of the labels, whatever its value, each once. */
async function readStreams({ url, tenant }: Where, names: readonly string[]): Promise<readonly ReadStream[]> {
  const streams = new Map<string, ReadStream>();
  for (const name of names) {
    const query = new URLSearchParams({ query: `{${name}=~".+"}`, start: '1', end: String(Date.now() * 1_000_000), limit: '1000' });
    const headers = { 'x-scope-orgid': tenant, 'x-loki-response-encoding-flags': 'categorize-labels' };
    const response = await fetch(`${url}/loki/api/v1/query_range?${query.toString()}`, { headers });
    const answer = await response.text();
    if (!response.ok) throw new Error(`query_range: ${response.status} ${answer}`);
    for (const stream of answerSchema.parse(JSON.parse(answer)).data.result)
      streams.set(JSON.stringify(Object.entries(stream.stream).sort(([a], [b]) => (a < b ? -1 : 1))), stream);
  }
  return [...streams.values()];
}
