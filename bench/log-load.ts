// A load of log lines that is the same every time: a shop's services, each with some instances, as requests of Loki's push in protobuf and snappy.
//
//   services × instances = streams ─▶ round by round, some lines of every stream ─▶ requests ─▶ lanes, each for one connection
//
// A stream belongs to one lane, so that its lines arrive in order. Requests are encoded and compressed ahead: sending costs little.

import { compressSync } from 'snappy';

import { ProtobufWriter } from '../src/base/protobuf-writer.ts';
import { randomFrom } from '../test/harness/random.ts';

export const SERVICES: readonly string[] = [
  'front',
  'basket',
  'orders',
  'stock',
  'prices',
  'mail',
  'login',
  'images',
  'refunds',
  'parcels',
];
/** Parts of all lines, in a hundred. */
const STATUSES = Array.from({ length: 100 }, (_, i) => (i < 92 ? 200 : i < 96 ? 404 : i < 99 ? 500 : 502));
const LEVELS = ['info', 'info', 'info', 'info', 'info', 'info', 'debug', 'debug', 'warn'];
const PATHS = ['/things', '/things/', '/baskets/', '/orders', '/orders/', '/session', '/health', '/images/'];
const TEXTS = ['answered', 'answered from memory', 'asked the store first', 'handed to the next in line'];
const LINES_PER_REQUEST = 5000;
const PROBES = 10;

export interface LogLoadOptions {
  /** Rounded up to whole rounds of all lanes. */
  readonly lines: number;
  readonly streams: number;
  readonly hours: number;
  readonly lanes: number;
  readonly seed: number;
  /** Time of the end in milliseconds. */
  readonly endMs: number;
}

export interface LogLoad {
  readonly lines: number;
  /** Bytes of the lines, and of the requests. */
  readonly lineBytes: number;
  readonly bytes: number;
  /** Requests of each lane, in the order to send them. */
  readonly lanes: readonly (readonly Uint8Array[])[];
  /** Trace ids of single lines, spread over the load. */
  readonly probes: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
}

export function makeLogLoad({ lines, streams, hours, lanes, seed, endMs }: LogLoadOptions): LogLoad {
  const random = randomFrom(seed);
  const perLane = Math.ceil(streams / lanes);
  const linesPerStream = Math.max(1, Math.round(LINES_PER_REQUEST / perLane));
  const rounds = Math.ceil(lines / (perLane * lanes * linesPerStream));
  const startMs = endMs - hours * 3_600_000;
  const stepNs = (hours * 3.6e12) / (rounds * linesPerStream);
  const requests: Uint8Array[][] = Array.from({ length: lanes }, () => []);
  const probes: string[] = [];
  const probeEvery = Math.max(1, Math.floor((rounds * lanes) / PROBES));
  const sizes = { lineBytes: 0, bytes: 0 };
  for (let round = 0; round < rounds; round++)
    for (let lane = 0; lane < lanes; lane++) {
      const isProbed = (round * lanes + lane) % probeEvery === 0;
      const body = new ProtobufWriter();
      for (let i = 0; i < perLane; i++) {
        const stream = i * lanes + lane;
        const times = Array.from({ length: linesPerStream }, (_, k) => (round * linesPerStream + k + stream / (perLane * lanes)) * stepNs);
        const texts = times.map((afterNs) => logLine(startMs + afterNs / 1e6, random));
        for (const { line } of texts) sizes.lineBytes += line.length;
        if (isProbed && i === 0) probes.push(texts[0]?.id ?? '');
        writeStream(
          body,
          streamLabels(stream),
          texts.map(({ line }, k) => ({ line, afterNs: times[k] ?? 0 })),
          startMs,
        );
      }
      const request = compressSync(body.view());
      sizes.bytes += request.length;
      requests[lane]?.push(request);
    }
  return { lines: rounds * lanes * perLane * linesPerStream, ...sizes, lanes: requests, probes, startMs, endMs };
}

/** As a push names a stream. */
export function streamLabels(stream: number): string {
  const service = SERVICES[stream % SERVICES.length] ?? '';
  const instance = Math.floor(stream / SERVICES.length);
  return `{app="${service}", cluster="north", instance="${service}-${instance}", job="shop/${service}", zone="z${stream % 3}"}`;
}

function logLine(ms: number, random: () => number): { readonly line: string; readonly id: string } {
  const pick = <T>(list: readonly T[], fallback: T): T => list[Math.floor(random() * list.length)] ?? fallback;
  const status = pick(STATUSES, 200);
  const level = status >= 500 ? 'error' : pick(LEVELS, 'info');
  const path = pick(PATHS, '/');
  const where = path.endsWith('/') ? `${path}${Math.floor(random() * 100_000)}` : path;
  const id = Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  const tookMs = 1 + Math.floor(random() ** 3 * 1500);
  const line = `ts=${new Date(ms).toISOString()} level=${level} method=${path === '/orders' ? 'POST' : 'GET'} path=${where} status=${status} duration=${tookMs}ms trace_id=${id} msg="${pick(TEXTS, '')}"`;
  return { line, id };
}

/** Source: Loki `pkg/push/push.proto`. */
function writeStream(
  body: ProtobufWriter,
  labels: string,
  lines: readonly { readonly line: string; readonly afterNs: number }[],
  startMs: number,
): void {
  body.message(1, (stream) => {
    stream.text(1, labels);
    for (const { line, afterNs } of lines) {
      const ns = BigInt(startMs) * 1_000_000n + BigInt(Math.floor(afterNs));
      stream.message(2, (entry) => {
        entry.message(1, (time) => time.varint(1, ns / 1_000_000_000n).varint(2, ns % 1_000_000_000n));
        entry.text(2, line);
      });
    }
  });
}
