// For the tests of the store of spans: a store in a directory of its own, its writers as a test wants them, and spans of one trace or many.

import { SelfMetrics } from '../../base/self-metrics.ts';
import { loadConfig } from '../../config.ts';
import { openTestStore } from '../../metrics/test-store.ts';
import type { AnyValue, Attributes } from '../../otlp/any-value.ts';
import type { TableWriter } from '../../storage/writer.ts';
import type { SpanReadContext } from '../read.ts';
import { spanRead } from '../read-context.ts';
import { TRACE_MIGRATIONS } from '../table.ts';
import type { Span, SpanSource } from '../write.ts';
import { openSpanStore } from './open-span-store.ts';
import { SpanStore, type SpanStoreOptions } from './span-store.ts';

export const START_NS = 1_700_000_000_000_000_000n;
export const NO_ID = new Uint8Array(0);
const HOUR_MS = 3_600_000;

const { limits: DEFAULTS } = loadConfig({ file: undefined, flags: [] }, {});
export type Limits = ReturnType<SpanStoreOptions['limitsOf']>;

export interface TestSpans {
  readonly spanStore: SpanStore;
  /** Another process that writes the same tables, with its own choice of columns. */
  other(options: Partial<SpanStoreOptions>): SpanStore;
  context(tenant: string): Promise<SpanReadContext>;
  write(tenant: string, spans: readonly Span[], source?: SpanSource): Promise<void>;
}

export async function openTestSpans(
  directory: string,
  stack: AsyncDisposableStack,
  { limits = {}, now }: { readonly limits?: Partial<Limits['traces']>; readonly now?: () => number } = {},
): Promise<TestSpans> {
  const limitsOf = () => ({ ...DEFAULTS, traces: { ...DEFAULTS.traces, ...limits } });
  const clock = { now: now ?? (() => Number(START_NS / 1_000_000n) + HOUR_MS) };
  const store = stack.use(await openTestStore(directory, TRACE_MIGRATIONS));
  const spanStore = stack.use(await openSpanStore({ store, limitsOf, clock, metrics: new SelfMetrics() }));
  const { catalogues } = spanStore.options;
  const reads = { client: store.client, catalogues, held: undefined, clock, limitsOf, flush: () => spanStore.flush() };
  return {
    spanStore,
    other: (options) => stack.use(new SpanStore({ ...spanStore.options, ...options })),
    context: (tenant) => spanRead(reads, { tenants: [tenant], query: new URLSearchParams(), signal: new AbortController().signal }),
    write: (tenant, spans, source) => writeSpans(spanStore, { tenant, spans, source }),
  };
}

export async function writeSpans(
  store: SpanStore,
  {
    tenant,
    spans,
    source = sourceOf('web'),
  }: { readonly tenant: string; readonly spans: readonly Span[]; readonly source?: SpanSource | undefined },
): Promise<void> {
  const write = store.begin(tenant);
  for (const span of spans) write.span(source, span, 100);
  await write.commit();
}

/** A table's writer whose appends a test answers. */
export function writerLike(writer: TableWriter, append: TableWriter['append']): TableWriter {
  return new Proxy(writer, {
    get: (target, name) => {
      if (name === 'append') return append;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export function attributes(record: Readonly<Record<string, AnyValue>>): Attributes {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}

export function sourceOf(service: string, more: Readonly<Record<string, AnyValue>> = {}): SpanSource {
  return {
    resource: attributes({ 'service.name': service, ...more }),
    resourceSchemaUrl: '',
    scopeName: '',
    scopeVersion: '',
    scopeAttributes: [],
    scopeSchemaUrl: '',
  };
}

/** A trace's id. */
export function traceIdOf(n: number): string {
  return n.toString(16).padStart(32, '0');
}

/** Span `i` of trace `n`, a millisecond behind the one before. */
export function spanOf(n: number, i: number, more: Partial<Span> = {}): Span {
  const startNs = more.startNs ?? START_NS + BigInt(i) * 1_000_000n;
  return {
    traceId: Buffer.from(traceIdOf(n), 'hex'),
    spanId: Buffer.from((i + 1).toString(16).padStart(16, '0'), 'hex'),
    parentId: NO_ID,
    traceState: '',
    flags: 0,
    name: 'a',
    kind: 1,
    startNs,
    endNs: startNs + 1000n,
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
