// What a subject is about, under one name each: service, operation, pod, host. Attributes and labels call them differently.
//
//   LinkSubject ─▶ Thing ─▶ links.ts
//
// Source: OpenTelemetry semantic conventions (attributes), their forms in Prometheus and Loki, and the names that Kubernetes' own exporters use.

import { KIND_NAMES } from '../traces/traceql/value.ts';
import type { KindName } from '../traces/traceql/value.ts';
import type { LinkSubject } from './link.ts';
import { spanIdIn, traceIdsIn } from './trace-ids.ts';

export interface Thing {
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly service: string | undefined;
  readonly operation: string | undefined;
  readonly kind: KindName | undefined;
  readonly server: string | undefined;
  /** Of an edge: `database`, `messaging_system`, `virtual_node`; undefined where both sides send spans. */
  readonly connection: string | undefined;
  readonly pod: string | undefined;
  readonly namespace: string | undefined;
  readonly host: string | undefined;
}

// A job of OTLP metrics is `namespace/service`: its service is the part after the last slash.
const SERVICE_NAMES = ['service.name', 'service_name', 'service', 'client', 'app.kubernetes.io/name', 'job'];
const OPERATION_NAMES = ['span_name', 'span.name'];
const KIND_LABELS = ['span_kind', 'span.kind'];
const POD_NAMES = ['k8s.pod.name', 'k8s_pod_name', 'pod', 'pod_name'];
const NAMESPACE_NAMES = ['k8s.namespace.name', 'k8s_namespace_name', 'namespace'];
const HOST_NAMES = ['host.name', 'host_name', 'hostname', 'host', 'k8s.node.name', 'k8s_node_name', 'node', 'nodename'];
/** What stands for a service that nobody named. */
const NO_SERVICE = /^unknown_service(?::.*)?$/;

/** What is known of the subject; what it says itself wins over its attributes. */
export function thingOf(subject: LinkSubject): Thing {
  const attributes = subject.attributes ?? {};
  const first = (names: readonly string[]): string | undefined => names.map((name) => attributes[name]).find(isText);
  const pairs = Object.entries(attributes);
  return {
    // Whatever is no id leads nowhere.
    traceId: traceIdsIn([['trace_id', subject.traceId ?? ''], ...pairs])[0],
    spanId: spanIdIn([['span_id', subject.spanId ?? ''], ...pairs]),
    service: isText(subject.service) ? subject.service : serviceOf(first),
    operation: isText(subject.operation) ? subject.operation : first(OPERATION_NAMES),
    kind: kindOf(subject.spanKind ?? first(KIND_LABELS)),
    server: isText(subject.server) ? subject.server : isText(attributes['client']) ? first(['server']) : undefined,
    connection: first(['connection_type']),
    pod: first(POD_NAMES),
    namespace: first(NAMESPACE_NAMES),
    host: first(HOST_NAMES),
  };
}

function isText(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

function serviceOf(first: (names: readonly string[]) => string | undefined): string | undefined {
  const name = first(SERVICE_NAMES);
  const service = name !== undefined && name === first(['job']) ? name.slice(name.lastIndexOf('/') + 1) : name;
  return service === '' || service === undefined || NO_SERVICE.test(service) ? undefined : service;
}

/** `SPAN_KIND_SERVER` and `server` alike. */
export function kindOf(text: string | undefined): KindName | undefined {
  const name = text?.replace(/^SPAN_KIND_/, '').toLowerCase();
  return KIND_NAMES.find((kind) => kind === name);
}
