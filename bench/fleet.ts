// The series of the load, and how they move: sites of two instances of a service and one host, a hundred series each site.
//
//   fleet (labels once, values in columns) ─advance()─▶ the values of the next scrape
//
// Columns rather than objects: a million series must fit, and a scrape of them must not cost more than taking it in.

import { type Labels, labelsOfRecord } from '../src/query/labels.ts';
import { randomFrom } from '../test/harness/random.ts';

export const SERIES_PER_SITE = 100;
export const REQUESTS_METRIC = 'http_requests_total';
export const DURATION_METRIC = 'http_request_duration_seconds';
export const MEMORY_METRIC = 'go_memstats_alloc_bytes';
/** Series of `REQUESTS_METRIC` in each site. */
export const REQUEST_SERIES_PER_SITE = 40;

// What a series is to `advance`.
const COUNTER = 0;
const FRACTION = 1;
const GAUGE = 2;
const HISTOGRAM = 3;

const SERVICES = ['edge', 'login', 'basket', 'stock', 'prices', 'parcels', 'invoices', 'refunds', 'letters', 'images'];
export const JOBS: readonly string[] = [...SERVICES, ...SERVICES.map((service) => `${service}-worker`)];
const ROUTES = [
  { handler: '/', method: 'GET' },
  { handler: '/things', method: 'GET' },
  { handler: '/things/:id', method: 'PUT' },
  { handler: '/session', method: 'POST' },
  { handler: '/status', method: 'GET' },
];
/** Requests a second with each status. */
const STATUSES = { '200': 50, '404': 3, '500': 0.3, '503': 0.2 };
/** Upper bounds, and which part of the requests is below each. */
const BUCKETS = {
  '0.005': 0.04,
  '0.01': 0.12,
  '0.025': 0.3,
  '0.05': 0.5,
  '0.1': 0.7,
  '0.25': 0.88,
  '0.5': 0.94,
  '1': 0.975,
  '2.5': 0.99,
  '5': 0.996,
  '10': 0.999,
  '+Inf': 1,
};
const BUCKET_PARTS = Object.values(BUCKETS);
const MODES = { idle: 12, user: 1.5, system: 0.8, iowait: 0.3, irq: 0.05, softirq: 0.1, nice: 0.02, steal: 0.03 };
const INTERVAL_S = 15;

export interface Fleet {
  readonly size: number;
  readonly labels: readonly Labels[];
  /** The values of the scrape that `advance` has come to. */
  readonly values: Float64Array;
  readonly advance: () => void;
}

/** A fleet of at least `series` series, in whole sites; the same one for the same seed. */
export function makeFleet(series: number, seed: number): Fleet {
  const size = Math.ceil(series / SERIES_PER_SITE) * SERIES_PER_SITE;
  const builder = new FleetBuilder(size, randomFrom(seed));
  for (let site = 0; site * SERIES_PER_SITE < size; site++) {
    builder.instance(2 * site);
    builder.instance(2 * site + 1);
    builder.host(site);
  }
  return builder;
}

/** The instance at which a question about one series looks. */
export const FIRST_INSTANCE = instanceAddress(0);

class FleetBuilder implements Fleet {
  readonly size: number;
  readonly labels: Labels[] = [];
  readonly values: Float64Array;
  readonly #kinds: Uint8Array;
  /** What a scrape adds on average; of a gauge, how far it moves. */
  readonly #rates: Float64Array;
  readonly #random: () => number;

  constructor(size: number, random: () => number) {
    this.size = size;
    this.values = new Float64Array(size);
    this.#kinds = new Uint8Array(size);
    this.#rates = new Float64Array(size);
    this.#random = random;
  }

  instance(number: number): void {
    const random = this.#random;
    const job = JOBS[number % JOBS.length] ?? '';
    const base = {
      cluster: 'north',
      namespace: `team-${number % 6}`,
      job,
      instance: instanceAddress(number),
      pod: `${job}-${podId(number)}`,
    };
    for (const route of ROUTES)
      for (const [status, rate] of Object.entries(STATUSES))
        this.#add(COUNTER, rate * (1 + 3 * random()) * INTERVAL_S, { __name__: REQUESTS_METRIC, ...base, ...route, status });
    const requests = (20 + 180 * random()) * INTERVAL_S;
    const observed = { ...base, ...ROUTES[1] };
    for (const le of Object.keys(BUCKETS)) this.#add(HISTOGRAM, requests, { __name__: `${DURATION_METRIC}_bucket`, ...observed, le });
    this.#add(HISTOGRAM, requests, { __name__: `${DURATION_METRIC}_sum`, ...observed });
    this.#add(HISTOGRAM, requests, { __name__: `${DURATION_METRIC}_count`, ...observed });
    const node = `host-${number % 97}`;
    this.#add(FRACTION, 2 + 8 * random(), { __name__: 'process_cpu_seconds_total', ...base, node });
    this.#add(GAUGE, 2e6, { __name__: MEMORY_METRIC, ...base, node });
    for (const device of ['eth0', 'eth1', 'eth2', 'eth3', 'eth4', 'eth5'])
      this.#add(COUNTER, 1e6 * (1 + 9 * random()), { __name__: 'container_network_receive_bytes_total', ...base, node, device });
  }

  host(number: number): void {
    const base = { cluster: 'north', namespace: 'hosts', job: 'node', instance: hostAddress(number), node: `host-${number}` };
    for (const cpu of ['0', '1'])
      for (const [mode, rate] of Object.entries(MODES))
        this.#add(FRACTION, rate, { __name__: 'node_cpu_seconds_total', ...base, cpu, mode });
  }

  /** hot: once per sample of the load, and the sender must cost less than the server. */
  advance(): void {
    const { values } = this;
    const kinds = this.#kinds;
    const rates = this.#rates;
    const random = this.#random;
    for (let i = 0; i < this.size; i++) {
      const value = values[i] ?? 0;
      const moved = 2 * random() * (rates[i] ?? 0);
      const kind = kinds[i];
      if (kind === COUNTER) values[i] = value + Math.floor(moved);
      else if (kind === FRACTION) values[i] = Math.round((value + moved) * 100) / 100;
      else if (kind === GAUGE) values[i] = Math.max(1e6, Math.floor(value + moved - (rates[i] ?? 0)));
      else i = this.#advanceHistogram(i, Math.floor(moved));
    }
  }

  /** Moves the buckets, the sum and the count that begin at `from`; gives the last of them. */
  #advanceHistogram(from: number, observed: number): number {
    const { values } = this;
    let at = from;
    for (const part of BUCKET_PARTS) {
      values[at] = (values[at] ?? 0) + Math.floor(observed * part);
      at++;
    }
    values[at] = Math.round(((values[at] ?? 0) + observed * 0.09 * (0.8 + 0.4 * this.#random())) * 1e6) / 1e6;
    at++;
    values[at] = (values[at] ?? 0) + observed;
    return at;
  }

  #add(kind: number, rate: number, labels: Readonly<Record<string, string>>): void {
    const at = this.labels.push(labelsOfRecord(labels)) - 1;
    this.#kinds[at] = kind;
    this.#rates[at] = rate;
    if (kind === GAUGE) this.values[at] = 4e7 + Math.floor(this.#random() * 1e8);
    else if (kind !== HISTOGRAM) this.values[at] = Math.floor(this.#random() * 1000);
  }
}

function instanceAddress(number: number): string {
  return `10.${20 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}:8080`;
}

function hostAddress(number: number): string {
  return `10.${120 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}:9100`;
}

function podId(number: number): string {
  return (Math.imul(number + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
}
