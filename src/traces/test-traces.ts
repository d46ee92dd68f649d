// For the tests of the query API: a store of its own with some traces in it, and what the routes are given.

import { join } from 'node:path';

import { silentLog } from '../base/log.ts';
import { SelfMetrics } from '../base/self-metrics.ts';
import { loadConfig } from '../config.ts';
import { openTestStore } from '../metrics/test-store.ts';
import type { AnyValue, Attributes } from '../otlp/any-value.ts';
import type { TracesApiOptions } from './api/context.ts';
import { openSpanStore } from './store/open-span-store.ts';
import { TraceOverrides } from './api/overrides.ts';
import { spanRead } from './read-context.ts';
import { TRACE_MIGRATIONS } from './table.ts';
import type { BeginSpanWrite, Span, SpanSource } from './write.ts';

/** When the first trace would start, in seconds and nanoseconds since the epoch. */
export const START_S = 1_700_000_000;
export const START_NS = BigInt(START_S) * 1_000_000_000n;
const MS = 1_000_000n;

/** Opens a store in a directory of its own and writes the traces. */
export async function openTestTraces(directory: string, stack: AsyncDisposableStack): Promise<TracesApiOptions> {
  const { limits } = loadConfig({ file: undefined, flags: [] }, {});
  const clock = { now: () => (START_S + 600) * 1000 };
  const limitsOf = () => limits;
  const store = stack.use(await openTestStore(directory, TRACE_MIGRATIONS));
  const spanStore = stack.use(await openSpanStore({ store, limitsOf, clock, metrics: new SelfMetrics() }));
  const reads = {
    client: store.client,
    catalogues: spanStore.options.catalogues,
    held: undefined,
    clock,
    limitsOf,
    flush: () => spanStore.flush(),
  };
  await load(spanStore.begin);
  return {
    clock,
    status: { version: '1.2', revision: 'r' },
    limitsOf,
    log: silentLog,
    slowQueryMs: () => 0,
    readContext: (reader) => spanRead(reads, reader),
    overrides: await TraceOverrides.open(join(directory, 'trace-overrides.json')),
  };
}

function attributes(record: Readonly<Record<string, AnyValue>>): Attributes {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}

function sourceOf(service: string): SpanSource {
  return {
    resource: attributes({ 'service.name': service, cluster: `c-${service}` }),
    resourceSchemaUrl: '',
    scopeName: `scope-${service}`,
    scopeVersion: '1',
    scopeAttributes: attributes({ lib: 'x' }),
    scopeSchemaUrl: '',
  };
}

/** The trace `n` and the span `i` of it; the first span is its root. */
function spanOf(n: number, i: number, more: Partial<Span>): Span {
  const startNs = START_NS + BigInt(n) * 60_000n * MS + BigInt(i) * MS;
  return {
    traceId: Buffer.from(n.toString(16).padStart(32, '0'), 'hex'),
    spanId: Buffer.from((n * 16 + i + 1).toString(16).padStart(16, '0'), 'hex'),
    parentId: i === 0 ? new Uint8Array() : Buffer.from((n * 16 + 1).toString(16).padStart(16, '0'), 'hex'),
    traceState: '',
    flags: 0,
    name: `op ${i}`,
    kind: i === 0 ? 2 : 3,
    startNs,
    endNs: startNs + BigInt(10 - i) * 100n * MS,
    attributes: [],
    droppedAttributes: 0,
    events: [],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    status: 0,
    statusMessage: '',
    ...more,
  };
}

/** Five traces of two spans, a minute apart, and one of another tenant. */
async function load(begin: BeginSpanWrite): Promise<void> {
  const [web, db] = [sourceOf('web'), sourceOf('db')];
  const write = begin('a');
  for (let n = 1; n <= 5; n++) {
    write.span(
      web,
      spanOf(n, 0, { attributes: attributes({ 'http.status_code': BigInt(n === 5 ? 500 : 200), 'a/b.c': `v${n}`, 'user name': 'Ü' }) }),
      100,
    );
    const event = { timeNs: START_NS, name: 'thrown', attributes: attributes({ 'exception.message': `no ${n}` }), droppedAttributes: 0 };
    const status = n === 5 ? { status: 2, statusMessage: 'broken' } : {};
    write.span(
      db,
      spanOf(n, 1, {
        attributes: attributes({ 'db.system': 'pg', ok: n === 5, ratio: n / 2, tags: ['x', `y${n}`] }),
        events: n === 5 ? [event] : [],
        ...status,
      }),
      100,
    );
  }
  await write.commit();
  const other = begin('b');
  other.span(sourceOf('other'), spanOf(9, 0, { name: 'lonely' }), 100);
  await other.commit();
}
