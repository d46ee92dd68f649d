// A load of spans that is the same every time: requests through a shop's services, each with spans below it, as OTLP in protobuf.
//
//   traces ─▶ the spans of some, by service ─▶ requests ─▶ lanes, each for one connection
//
// Requests are encoded ahead: sending costs little.

import { ProtobufWriter } from '../src/base/protobuf-writer.ts';
import { randomFrom } from '../test/harness/random.ts';
import { SERVICES } from './log-load.ts';

const LANGUAGES = ['go', 'java', 'nodejs', 'python'];
const ROUTES = ['/things', '/things/{id}', '/baskets/{id}', '/orders', '/orders/{id}', '/session'];
const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64)', 'okhttp/4.12', 'Go-http-client/2.0'];
const TRACES_PER_REQUEST = 200;
const PROBES = 10;
const USERS = 5000;
/** The part of traces in which something goes wrong. */
const FAULTS = 0.01;

export interface TraceLoadOptions {
  /** Rounded up to whole requests. */
  readonly traces: number;
  readonly spansPerTrace: number;
  readonly minutes: number;
  readonly lanes: number;
  readonly seed: number;
  /** Time of the end in milliseconds. */
  readonly endMs: number;
}

export interface TraceLoad {
  readonly spans: number;
  readonly spansPerTrace: number;
  readonly bytes: number;
  /** Requests of each lane, in the order to send them. */
  readonly lanes: readonly (readonly Uint8Array[])[];
  /** Ids of traces, spread over the load. */
  readonly probes: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
}

interface MadeSpan {
  readonly id: Uint8Array;
  readonly parent: MadeSpan | undefined;
  readonly service: number;
  readonly offsetUs: number;
  readonly durationUs: number;
  isFaulty: boolean;
}

export function makeTraceLoad({ traces, spansPerTrace, minutes, lanes, seed, endMs }: TraceLoadOptions): TraceLoad {
  const random = randomFrom(seed);
  const count = Math.ceil(traces / TRACES_PER_REQUEST);
  const startMs = endMs - minutes * 60_000;
  const requests: Uint8Array[][] = Array.from({ length: lanes }, () => []);
  const probes: string[] = [];
  let bytes = 0;
  for (let n = 0; n < count; n++) {
    const byService = new Map<number, Uint8Array[]>();
    for (let t = 0; t < TRACES_PER_REQUEST; t++) {
      const number = n * TRACES_PER_REQUEST + t;
      const id = randomBytes(16, random);
      if (number % Math.ceil((count * TRACES_PER_REQUEST) / PROBES) === 0) probes.push(Buffer.from(id).toString('hex'));
      const atNs = BigInt(Math.floor((startMs + (number / (count * TRACES_PER_REQUEST)) * minutes * 60_000) * 1000)) * 1000n;
      for (const [i, span] of makeTrace(spansPerTrace, random).entries()) {
        const encoded = encodeSpan(span, { id, atNs, i, random });
        byService.set(span.service, [...(byService.get(span.service) ?? []), encoded]);
      }
    }
    const request = encodeRequest(byService);
    bytes += request.length;
    requests[n % lanes]?.push(request);
  }
  return { spans: count * TRACES_PER_REQUEST * spansPerTrace, spansPerTrace, bytes, lanes: requests, probes, startMs, endMs };
}

/** A root of a random service, and calls below it that lie within their callers' time. */
function makeTrace(count: number, random: () => number): readonly MadeSpan[] {
  const spans: MadeSpan[] = [];
  for (let i = 0; i < count; i++) {
    const parent = i === 0 ? undefined : spans[Math.floor(random() * Math.min(i, 4))];
    const longest = parent === undefined ? Math.floor(random() ** 4 * 1.5e6) + 2000 : parent.durationUs * (0.2 + 0.7 * random());
    const durationUs = Math.max(50, Math.floor(longest));
    const room = parent === undefined ? 0 : Math.max(0, parent.durationUs - durationUs);
    const service =
      (parent === undefined ? Math.floor(random() * SERVICES.length) : parent.service + 1 + Math.floor(random() * 3)) % SERVICES.length;
    spans.push({
      id: randomBytes(8, random),
      parent,
      service,
      offsetUs: (parent?.offsetUs ?? 0) + Math.floor(room * random()),
      durationUs,
      isFaulty: false,
    });
  }
  // A fault goes up to the root.
  if (random() < FAULTS) for (let span = spans.at(-1); span !== undefined; span = span.parent) span.isFaulty = true;
  return spans;
}

interface Place {
  readonly id: Uint8Array;
  readonly atNs: bigint;
  readonly i: number;
  readonly random: () => number;
}

/** Source: opentelemetry-proto `trace.proto`, `Span`. */
function encodeSpan(span: MadeSpan, { id, atNs, i, random }: Place): Uint8Array {
  const isHttp = i % 3 !== 2;
  const route = ROUTES[(span.service + i) % ROUTES.length] ?? '';
  const startNs = atNs + BigInt(span.offsetUs) * 1000n;
  const out = new ProtobufWriter().blob(1, id).blob(2, span.id);
  if (span.parent !== undefined) out.blob(4, span.parent.id);
  out
    .text(5, isHttp ? `${i % 2 === 0 ? 'GET' : 'POST'} ${route}` : `SELECT ${SERVICES[span.service]}`)
    .varint(6, i === 0 || (isHttp && i % 2 === 0) ? 2 : 3);
  out.fixed64(7, startNs).fixed64(8, startNs + BigInt(span.durationUs) * 1000n);
  const text = (key: string, value: string): unknown => out.message(9, (pair) => pair.text(1, key).message(2, (any) => any.text(1, value)));
  const number = (key: string, value: number): unknown =>
    out.message(9, (pair) => pair.text(1, key).message(2, (any) => any.varint(3, value)));
  text('http.method', i % 2 === 0 ? 'GET' : 'POST');
  text('http.route', route);
  text('http.target', route.replace('{id}', String(Math.floor(random() * 1e6))));
  number('http.status_code', span.isFaulty ? 500 : random() < 0.97 ? 200 : 404);
  text('net.peer.name', `10.0.${span.service}.12`);
  number('net.peer.port', 8080 + span.service);
  text('component', isHttp ? 'net/http' : 'sql');
  text('user.id', `u-${Math.floor(random() * USERS)}`);
  text('request.id', Buffer.from(randomBytes(8, random)).toString('hex'));
  number('thread.id', Math.floor(random() * 64));
  out.message(9, (pair) => pair.text(1, 'retry').message(2, (any) => any.varint(2, random() < 0.02 ? 1 : 0)));
  text('http.user_agent', AGENTS[Math.floor(random() * AGENTS.length)] ?? '');
  if (span.isFaulty) out.message(15, (status) => status.text(2, 'internal error').varint(3, 2));
  return out.bytes();
}

function encodeRequest(byService: ReadonlyMap<number, readonly Uint8Array[]>): Uint8Array {
  const request = new ProtobufWriter();
  for (const [service, spans] of byService)
    request.message(1, (resourceSpans) => {
      resourceSpans.message(1, (resource) => {
        for (const [key, value] of resourceOf(service))
          resource.message(1, (pair) => pair.text(1, key).message(2, (any) => any.text(1, value)));
      });
      resourceSpans.message(2, (scopeSpans) => {
        scopeSpans.message(1, (scope) => scope.text(1, 'bench').text(2, '1.0.0'));
        for (const span of spans) scopeSpans.blob(2, span);
      });
    });
  return request.bytes();
}

function resourceOf(service: number): readonly (readonly [string, string])[] {
  const name = SERVICES[service] ?? '';
  return [
    ['service.name', name],
    ['service.namespace', 'shop'],
    ['service.instance.id', `${name}-0`],
    ['k8s.pod.name', `${name}-7d9f8c-${service}`],
    ['deployment.environment', 'prod'],
    ['telemetry.sdk.language', LANGUAGES[service % LANGUAGES.length] ?? ''],
  ];
}

function randomBytes(length: number, random: () => number): Uint8Array {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  return bytes;
}
