// A load of metrics that is the same every time: a fleet of instances with counters, gauges and histograms, scraped every 15 seconds.
//
//   fleet (series, each with how it moves) ─▶ scrape by scrape ─▶ remote write 1.0 requests ─▶ lanes, each for one connection
//
// A series belongs to one lane, so that its samples arrive in order. Requests are encoded and compressed ahead: sending costs little.

import { compressSync } from 'snappy';

import { ProtobufWriter } from '../src/base/protobuf-writer.ts';
import { randomFrom } from '../test/harness/random.ts';

export const STEP_MS = 15_000;
const SCRAPES_PER_REQUEST = 4;
const BUCKETS = ['0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '+Inf'];
const SERVICES = ['checkout', 'cart', 'search', 'catalogue', 'payments', 'shipping', 'accounts', 'mail', 'edge', 'stock'];

export interface LoadOptions {
  readonly series: number;
  readonly scrapes: number;
  readonly lanes: number;
  readonly seed: number;
  /** Time of the last scrape in milliseconds. */
  readonly endMs: number;
}

export interface Load {
  readonly samples: number;
  readonly bytes: number;
  /** Requests of each lane, in the order to send them. */
  readonly lanes: readonly (readonly Uint8Array[])[];
  /** One series of it, to be read back. */
  readonly probe: string;
  readonly endMs: number;
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** The labels as protobuf fields. */
  readonly encoded: Uint8Array;
  /** The value at the next scrape. */
  readonly next: () => number;
}

export function makeLoad({ series, scrapes, lanes, seed, endMs }: LoadOptions): Load {
  const all = fleet(series, randomFrom(seed));
  const writers = Array.from({ length: lanes }, () => new ProtobufWriter());
  const requests: Uint8Array[][] = Array.from({ length: lanes }, () => []);
  let bytes = 0;
  for (let scrape = 0; scrape < scrapes; scrape++) {
    const ts = endMs - (scrapes - 1 - scrape) * STEP_MS;
    for (const [i, each] of all.entries()) writeSeries(writers[i % lanes], each, ts);
    if ((scrape + 1) % SCRAPES_PER_REQUEST !== 0 && scrape + 1 < scrapes) continue;
    for (const [lane, writer] of writers.entries()) {
      const request = compressSync(writer.bytes());
      requests[lane]?.push(request);
      bytes += request.length;
      writer.clear();
    }
  }
  const instance = all[0]?.labels['instance'] ?? '';
  return { samples: series * scrapes, bytes, lanes: requests, probe: `http_requests_total{instance="${instance}",code="200"}`, endMs };
}

const sampleWriter = new ProtobufWriter();
const seriesWriter = new ProtobufWriter();

function writeSeries(request: ProtobufWriter | undefined, { encoded, next }: Series, ts: number): void {
  sampleWriter.clear();
  sampleWriter.double(1, next()).varint(2, ts);
  seriesWriter.clear();
  seriesWriter.raw(encoded).blob(2, sampleWriter.view());
  request?.blob(1, seriesWriter.view());
}

/** Series of ever more instances until there are `count`. */
function fleet(count: number, random: () => number): Series[] {
  const series: Series[] = [];
  for (let instance = 0; series.length < count; instance++) series.push(...instanceSeries(instance, random));
  return series.slice(0, count);
}

function instanceSeries(instance: number, random: () => number): Series[] {
  const service = SERVICES[instance % SERVICES.length] ?? '';
  const base = {
    cluster: 'blue',
    namespace: `team-${instance % 7}`,
    job: service,
    instance: `10.20.${instance >> 8}.${instance & 255}:9102`,
    pod: `${service}-${instance.toString(36)}`,
  };
  const series: Series[] = [];
  const add = (name: string, labels: Readonly<Record<string, string>>, next: () => number): void => {
    const all = { __name__: name, ...base, ...labels };
    series.push({ labels: all, encoded: encodeLabels(all), next });
  };
  for (const code of ['200', '204', '404', '500'])
    add('http_requests_total', { code, method: 'GET' }, counter(random, code === '200' ? 900 : 20));
  for (const route of ['/', '/items', '/items/:id', '/login', '/search']) add('http_route_hits_total', { route }, counter(random, 120));
  const observed = histogram(random);
  for (const [i, le] of BUCKETS.entries()) add('http_request_duration_seconds_bucket', { le }, () => observed.bucket(i));
  add('http_request_duration_seconds_sum', {}, () => observed.sum());
  add('http_request_duration_seconds_count', {}, () => observed.bucket(BUCKETS.length - 1));
  for (const area of ['heap', 'stack', 'mapped']) add('process_memory_bytes', { area }, gauge(random, 4e8, 4096));
  for (const mode of ['user', 'system', 'iowait', 'idle'])
    add('node_cpu_seconds_total', { mode, cpu: String(instance & 1) }, fraction(random, mode === 'idle' ? 13 : 0.7));
  for (const device of ['eth0', 'eth1']) add('node_network_receive_bytes_total', { device }, counter(random, 2e6));
  return series;
}

/** Labels sorted by name, as remote write 1.0 asks. */
function encodeLabels(labels: Readonly<Record<string, string>>): Uint8Array {
  const writer = new ProtobufWriter();
  for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
    writer.message(1, (label) => label.text(1, name).text(2, value));
  return writer.bytes();
}

function counter(random: () => number, perScrape: number): () => number {
  let value = Math.floor(random() * 1e6);
  return () => (value += Math.floor(random() * 2 * perScrape));
}

function fraction(random: () => number, perScrape: number): () => number {
  let value = random() * 1e5;
  return () => (value = Math.round((value + random() * 2 * perScrape) * 100) / 100);
}

function gauge(random: () => number, around: number, grain: number): () => number {
  let value = around * (0.5 + random());
  return () => {
    value = Math.max(grain, value + (random() - 0.5) * around * 0.02);
    return Math.round(value / grain) * grain;
  };
}

/** A classic histogram: its first bucket moves it on by one scrape, the others follow. */
function histogram(random: () => number): { readonly bucket: (i: number) => number; readonly sum: () => number } {
  const counts = BUCKETS.map(() => 0);
  let sum = 0;
  const advance = (): void => {
    const observed = Math.floor(random() * 400);
    for (const i of counts.keys()) counts[i] = (counts[i] ?? 0) + Math.round(observed * (1 - 0.6 ** (i + 1)));
    counts[counts.length - 1] = Math.max(counts.at(-2) ?? 0, (counts.at(-1) ?? 0) + 1);
    sum += observed * 0.08 * (0.8 + 0.4 * random());
  };
  return {
    bucket: (i) => {
      if (i === 0) advance();
      return counts[i] ?? 0;
    },
    sum: () => Math.round(sum * 1e6) / 1e6,
  };
}
