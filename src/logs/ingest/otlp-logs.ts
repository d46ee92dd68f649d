// The OTLP road into logs: a request's bytes in, what was stored and what was refused out, over HTTP and gRPC alike.
//
//   body ─▶ reader ─▶ OtlpLogMapping (labels, metadata, line) ─▶ LogWrite ─▶ commit ─▶ Export response
//
// Resource attributes of a settable list become labels of the stream; all else of resource, scope and record is structured metadata.
// Source: Loki `pkg/loghttp/push/otlp.go`, and its names for what a record has.

import type { Clock } from '../../base/clock.ts';
import { RequestError } from '../../base/request-error.ts';
import type { TenantLimits } from '../../config.ts';
import type { AttributeAction, AttributeLevel } from '../../base/attribute-rule.ts';
import { type AnyValue, type Attributes, type Resource, valueText } from '../../otlp/any-value.ts';
import { encodeExportResponse, encodingOf, exportReply, otlpError } from '../../otlp/export-answer.ts';
import type { Encoding, PartialSuccess } from '../../otlp/export-answer.ts';
import { type Labels, labelsOf, NO_LABELS, setLabel } from '../../query/labels.ts';
import type { GrpcRoute, Route } from '../../server/route.ts';
import type { BeginLogWrite, LogWrite, LogWriteSummary } from '../write.ts';
import { AttributeActions } from './attribute-actions.ts';
import type { LogsSink, OtlpLogRecord, OtlpLogScope } from './otlp-log-record.ts';
import { readLogsJson } from './otlp-logs-json.ts';
import { readLogsProtobuf } from './otlp-logs-protobuf.ts';
import { SERVICE_NAME, serviceNameOf } from './service-name.ts';
import { metadataName, metadataSet } from './stream-labels.ts';

const PATHS = ['/v1/logs', '/otlp/v1/logs'];
const GRPC_PATH = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
const EVENT_NAME = 'event_name';
const NS_PER_MS = 1_000_000n;
/** The text of a partial success is cut there. */
const MESSAGE_LENGTH_MAX = 4096;

/** What a tenant's limits say about OTLP logs. */
export type OtlpLogsSettings = Pick<TenantLimits['logs'], 'otlpStreamLabels' | 'otlpRules' | 'discoverServiceName'>;

export interface OtlpLogsOptions {
  readonly beginWrite: BeginLogWrite;
  readonly settingsOf: (tenant: string) => OtlpLogsSettings;
  readonly clock: Clock;
}

export interface OtlpLogsRoutes {
  readonly http: readonly Route[];
  readonly grpc: readonly GrpcRoute[];
}

/** The routes that take OTLP logs. */
export function otlpLogsRoutes(options: OtlpLogsOptions): OtlpLogsRoutes {
  const http = PATHS.map((path): Route => ({
    method: 'POST',
    path,
    summary: 'Takes OTLP logs as protobuf or JSON.',
    access: 'write',
    error: otlpError,
    handle: async ({ contentType, tenants, body }) => {
      const encoding = encodingOf(contentType.type);
      return exportReply(await exportLogs(options, tenants[0] ?? '', body, encoding), encoding);
    },
  }));
  const grpc: GrpcRoute = {
    path: GRPC_PATH,
    summary: 'Takes OTLP logs over gRPC.',
    access: 'write',
    handle: async ({ tenants, message }) =>
      encodeExportResponse(await exportLogs(options, tenants[0] ?? '', message, 'protobuf'), 'protobuf'),
  };
  return { http, grpc: [grpc] };
}

/** Stores a request's records. Throws `bad_data` for what is malformed, and what `commit` throws; nothing is stored then. */
export async function exportLogs(options: OtlpLogsOptions, tenant: string, body: Uint8Array, encoding: Encoding): Promise<PartialSuccess> {
  const write = options.beginWrite(tenant);
  const settings = options.settingsOf(tenant);
  const nowNs = BigInt(options.clock.now()) * NS_PER_MS;
  const mapping = new OtlpLogMapping(write, { actions: actionsOf(settings), serviceNames: settings.discoverServiceName, nowNs });
  if (encoding === 'json') readLogsJson(body, mapping);
  else readLogsProtobuf(body, mapping);
  return partialSuccess(await write.commit());
}

/** By settings, which are the same object until they change. */
const actions = new WeakMap<OtlpLogsSettings, AttributeActions>();

function actionsOf(settings: OtlpLogsSettings): AttributeActions {
  let found = actions.get(settings);
  if (found === undefined) actions.set(settings, (found = new AttributeActions(settings)));
  return found;
}

interface MappingOptions {
  readonly actions: AttributeActions;
  /** `discoverServiceName` of the tenant. */
  readonly serviceNames: readonly string[];
  /** The time of records that have none. */
  readonly nowNs: bigint;
}

type Pairs = readonly (readonly [string, string])[];

/** Writes each record as a line of its resource's stream. */
class OtlpLogMapping implements LogsSink {
  readonly #write: LogWrite;
  readonly #options: MappingOptions;
  /** Of the resource, before its service name is looked for. */
  #own: Pairs = [];
  #labels: Labels = NO_LABELS;
  #resource: Pairs = [];
  /** What every record of the scope has: of the resource and of the scope. */
  #shared: Pairs = [];

  constructor(write: LogWrite, options: MappingOptions) {
    this.#write = write;
    this.#options = options;
  }

  beginResource({ attributes }: Resource): void {
    this.#own = this.#flat('resource', 'label', attributes);
    this.#labels = this.#named(labelsOf(this.#own));
    this.#resource = this.#flat('resource', 'metadata', attributes);
    this.#shared = this.#resource;
  }

  /** The attributes of a level that become labels, or metadata. */
  #flat(level: AttributeLevel, action: AttributeAction, attributes: Attributes): Pairs {
    return flat(attributes.filter(({ key }) => this.#options.actions.of(level, key) === action));
  }

  #named(labels: Labels): Labels {
    const { serviceNames } = this.#options;
    return serviceNames.length === 0 ? labels : setLabel(labels, SERVICE_NAME, serviceNameOf(labels, serviceNames));
  }

  beginScope({ name, version, attributes, droppedAttributesCount }: OtlpLogScope): void {
    const fields = present([
      ['scope_name', name],
      ['scope_version', version],
      ['scope_dropped_attributes_count', counted(droppedAttributesCount)],
    ]);
    this.#shared = [...this.#resource, ...this.#flat('scope', 'metadata', attributes), ...fields];
  }

  record(record: OtlpLogRecord): void {
    const tsNs = record.timeNs || record.observedNs || this.#options.nowNs;
    if (BigInt.asIntN(64, tsNs) !== tsNs)
      return this.#write.refuse('invalid_timestamp', `the time of a log record, ${tsNs} ns, is beyond the year 2262`);
    const line = valueText(record.body).toWellFormed();
    try {
      const { labels, metadata } = this.#labelled(record);
      this.#write.entry(labels, { tsNs, line, metadata });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#write.refuse('invalid_labels', `an attribute of a log record: ${error.message}`);
    }
  }

  /** Of a name that stands twice in the metadata the scope's value counts, then the resource's, then the record's own. */
  #labelled({ eventName, ...record }: OtlpLogRecord): { readonly labels: Labels; readonly metadata: Labels } {
    const attributes = eventName === '' ? record.attributes : record.attributes.filter(({ key }) => key !== EVENT_NAME);
    const metadata = metadataSet([...this.#flat('record', 'metadata', attributes), ...fieldsOf({ eventName, ...record }), ...this.#shared]);
    const labels = this.#flat('record', 'label', attributes);
    return { labels: labels.length === 0 ? this.#labels : this.#named(labelsOf([...this.#own, ...labels])), metadata };
  }
}

function fieldsOf(record: OtlpLogRecord): Pairs {
  const { timeNs, observedNs } = record;
  return present([
    // Where it is the line's time, it need not stand there again.
    ['observed_timestamp', timeNs !== 0n && observedNs !== 0n ? String(observedNs) : ''],
    ['severity_number', counted(record.severityNumber)],
    ['severity_text', record.severityText],
    ['dropped_attributes_count', counted(record.droppedAttributesCount)],
    ['flags', counted(record.flags)],
    ['trace_id', record.traceId],
    ['span_id', record.spanId],
    [EVENT_NAME, record.eventName],
  ]);
}

/** Fields that are set: the others must not take the place of an attribute of their name. */
function present(fields: Pairs): Pairs {
  return fields.filter(([, value]) => value !== '');
}

function counted(count: number): string {
  return count === 0 ? '' : String(count);
}

/** Attributes as labels: a map is taken apart, `a: {b: 1}` being `a_b`. Throws `bad_data` for a name of which nothing is left. */
function flat(attributes: Attributes): Pairs {
  const pairs: [string, string][] = [];
  for (const { key, value } of attributes) addFlat(pairs, key, value);
  return pairs;
}

function addFlat(pairs: [string, string][], key: string, value: AnyValue): void {
  const name = metadataName(key);
  if (value instanceof Map) for (const [inner, each] of value) addFlat(pairs, `${name}_${inner}`, each);
  else pairs.push([name, valueText(value)]);
}

function partialSuccess({ refusals }: LogWriteSummary): PartialSuccess {
  const rejected = refusals.reduce((sum, { count }) => sum + count, 0);
  const message = refusals.map((each) =>
    each.count === 1 ? each.message : `${each.message} (and ${each.count - 1} more for the same reason)`,
  );
  return { field: 'rejectedLogRecords', rejected, message: message.join('; ').slice(0, MESSAGE_LENGTH_MAX).toWellFormed() };
}
