// The texts of queries that links ask, made with the printers of the languages, so that no name or value can break a query.

import { printSelector as printStreams } from '../logs/logql/print.ts';
import { type Matcher, printMatcher } from '../query/matchers.ts';
import { quote } from '../query/scanner.ts';
import { printValue } from '../traces/traceql/print.ts';
import type { Thing } from './thing.ts';

/** What rates look back: several flushes of metrics from spans, and several scrapes. */
const WINDOW = '5m';

export const LOGS = {
  /** Of a trace: the id came with the line, or stands in its text. */
  ofTrace: (traceId: string, service: string | undefined): string =>
    `${streamsOf(service)} | regexp ${quote(`(?P<trace_id>${shortOf(traceId)})`)} | trace_id${isIdOf(traceId)}`,
  ofService: (service: string): string => streamsOf(service),
  /** The label may be the stream's or come with the line. */
  ofPod: (pod: string, service: string | undefined): string =>
    `${streamsOf(service)} | k8s_pod_name=${quote(pod)} or pod=${quote(pod)} or pod_name=${quote(pod)}`,
  ofHost: (host: string, service: string | undefined): string =>
    `${streamsOf(service)} | host_name=${quote(host)} or host=${quote(host)} or hostname=${quote(host)}`,
};

/** An id of 64 bits, which some write without its first half of zeros. */
function shortOf(traceId: string): string {
  return traceId.replace(/^0{16}(?=.{16}$)/, '');
}

function isIdOf(traceId: string): string {
  const short = shortOf(traceId);
  return short.length === 16 ? `=~${quote(`(0{16})?${short}`)}` : `=${quote(traceId)}`;
}

/** All streams have a `service_name`: who sends none is given one. */
function streamsOf(service: string | undefined): string {
  return printStreams([service === undefined ? { name: 'service_name', op: '=~', value: '.+' } : equals('service_name', service)]);
}

function equals(name: string, value: string): Matcher {
  return { name, op: '=', value };
}

export const METRICS = {
  rate: (thing: Thing): string => `sum(rate(${series('traces_spanmetrics_calls_total', calls(thing))}[${WINDOW}]))`,
  errors: (thing: Thing): string =>
    `sum(rate(${series('traces_spanmetrics_calls_total', [...calls(thing), equals('status_code', 'STATUS_CODE_ERROR')])}[${WINDOW}]))`,
  duration: (thing: Thing): string => quantile('traces_spanmetrics_latency', calls(thing)),
  edgeRate: (client: string, server: string): string =>
    `sum(rate(${series('traces_service_graph_request_total', edge(client, server))}[${WINDOW}]))`,
  edgeErrors: (client: string, server: string): string =>
    `sum(rate(${series('traces_service_graph_request_failed_total', edge(client, server))}[${WINDOW}]))`,
  edgeDuration: (client: string, server: string): string => quantile('traces_service_graph_request_client_seconds', edge(client, server)),
  podCpu: (thing: Thing): string => `sum by (container) (rate(${series('container_cpu_usage_seconds_total', podOf(thing))}[${WINDOW}]))`,
  podMemory: (thing: Thing): string => `sum by (container) (${series('container_memory_working_set_bytes', podOf(thing))})`,
  hostCpu: (host: string): string =>
    `sum by (mode) (rate(${series('node_cpu_seconds_total', [atHost(host), { name: 'mode', op: '!=', value: 'idle' }])}[${WINDOW}]))`,
  hostMemory: (host: string): string => series('node_memory_MemAvailable_bytes', [atHost(host)]),
};

function series(metric: string, matchers: readonly Matcher[]): string {
  return `${metric}{${matchers.map(printMatcher).join(', ')}}`;
}

function calls({ service, operation, kind }: Thing): readonly Matcher[] {
  return [
    ...(service === undefined ? [] : [equals('service', service)]),
    ...(operation === undefined ? [] : [equals('span_name', operation)]),
    ...(kind === undefined ? [] : [equals('span_kind', `SPAN_KIND_${kind.toUpperCase()}`)]),
  ];
}

function edge(client: string, server: string): readonly Matcher[] {
  return [equals('client', client), equals('server', server)];
}

/** Latencies are kept as native histograms, as classic ones, or both, as the tenant's settings say: the first that is there counts. */
function quantile(metric: string, matchers: readonly Matcher[]): string {
  const native = `sum(rate(${series(metric, matchers)}[${WINDOW}]))`;
  const classic = `sum by (le) (rate(${series(`${metric}_bucket`, matchers)}[${WINDOW}]))`;
  return `histogram_quantile(0.95, ${native}) or histogram_quantile(0.95, ${classic})`;
}

function podOf({ pod = '', namespace }: Thing): readonly Matcher[] {
  return [equals('pod', pod), ...(namespace === undefined ? [] : [equals('namespace', namespace)])];
}

/** An exporter's instance is its host, with a port or without. */
function atHost(host: string): Matcher {
  return { name: 'instance', op: '=~', value: `${host.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`)}(:[0-9]+)?` };
}

export const TRACES = {
  ofService: (thing: Thing): string => filter(spansOf(thing)),
  failed: (thing: Thing): string => filter([...spansOf(thing), 'status = error']),
  /** Where the other side sends no spans, its name is an attribute of the client's; else a span of the one has a child in the other. */
  ofEdge: (client: string, server: string, connection: string | undefined): string => {
    const from = isService(client);
    if (connection === 'database' || connection === 'virtual_node') return filter([from, 'kind = client', `(${peerIs(server)})`]);
    return `${filter([from])} &> ${filter([isService(server)])}`;
  },
};

const PEER_ATTRIBUTES = ['peer.service', 'service.peer.name', 'server.address', 'db.namespace', 'db.name', 'db.system.name', 'db.system'];

function peerIs(name: string): string {
  return PEER_ATTRIBUTES.map((attribute) => `span.${attribute} = ${text(name)}`).join(' || ');
}

function spansOf({ service, operation, kind }: Thing): readonly string[] {
  return [
    ...(service === undefined ? [] : [isService(service)]),
    ...(operation === undefined ? [] : [`name = ${text(operation)}`]),
    ...(kind === undefined ? [] : [`kind = ${kind}`]),
  ];
}

function isService(name: string): string {
  return `resource.service.name = ${text(name)}`;
}

function text(value: string): string {
  return printValue({ type: 'string', value });
}

function filter(conditions: readonly string[]): string {
  return `{ ${conditions.join(' && ')} }`;
}
