// Zipkin's two sides of a call share an id; Jaeger shows them as a span and its child.
//
//   client 7, server 7, what is below 7   ─▶   client 7, server 1 below 7, what is below 1
//
// Source: Jaeger `cmd/query/app/querysvc/adjuster/spaniduniquifier.go`.

import { Buffer } from 'node:buffer';
import type { StoredTrace } from '../stored-trace.ts';
import type { Span } from '../write.ts';

const [SERVER, CLIENT] = [2, 3];

/** The trace itself where no ids are shared. */
export function withUniqueSpanIds(trace: StoredTrace): StoredTrace {
  const spans = trace.groups.flatMap((group) => group.spans);
  const clients = new Set(spans.filter(({ kind }) => kind === CLIENT).map(({ spanId }) => idText(spanId)));
  const isShared = ({ kind, spanId }: Span): boolean => kind === SERVER && clients.has(idText(spanId));
  if (!spans.some(isShared)) return trace;
  const used = new Set(spans.map(({ spanId }) => idText(spanId)));
  const free = freeIds(used);
  const servers = new Map<string, Uint8Array>();
  for (const span of spans) if (isShared(span)) servers.set(idText(span.spanId), free.next().value ?? span.spanId);
  const placed = (span: Span): Span => {
    if (isShared(span)) return { ...span, spanId: servers.get(idText(span.spanId)) ?? span.spanId, parentId: span.spanId };
    const server = servers.get(idText(span.parentId));
    return server === undefined ? span : { ...span, parentId: server };
  };
  return { ...trace, groups: trace.groups.map((group) => ({ ...group, spans: group.spans.map(placed) })) };
}

function* freeIds(used: ReadonlySet<string>): Generator<Uint8Array, undefined> {
  for (let n = 1n; ; n++) {
    const id = new Uint8Array(8);
    new DataView(id.buffer).setBigUint64(0, n);
    if (!used.has(idText(id))) yield id;
  }
}

function idText(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1');
}
