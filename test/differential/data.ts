// The samples that both programs are given: two hours at 15 s, around the end of a February with 29 days, the same for the same seed.
//
// No sample stands at a quarter of a second. Queries ask at quarters (and their `@` at eighths), so no window begins or ends on a sample and it makes no difference
// which of its ends a version counts in.

import { randomFrom } from '../harness/random.ts';
import { STALE_NAN_BITS } from '../harness/remote-write.ts';
import type { LabelPairs, SentSample, SentSeries } from '../harness/remote-write.ts';

export const DATA_FROM_MS = Date.UTC(2024, 1, 29, 22, 55);
export const INTERVAL_MS = 15_000;
export const SCRAPES = 480;
export const DATA_TO_MS = DATA_FROM_MS + SCRAPES * INTERVAL_MS;

/** The value of a series at a scrape; nothing where it has a gap. */
type ValueAt = (scrape: number) => number | bigint | undefined;

const BUCKETS = ['0.1', '0.25', '0.5', '1', '2.5', '+Inf'];
const WEIRD = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e-300, 1.7e308, -3, 0.1];

/** Every series with its samples in the order of their times. */
export function dataOf(seed: number): SentSeries[] {
  const random = randomFrom(seed);
  const series: SentSeries[] = [];
  let next = 0;
  const add = (name: string, labels: LabelPairs, valueAt: ValueAt): void => {
    series.push({ labels: { __name__: name, ...labels }, samples: samplesOf(valueAt, random) });
  };
  for (const job of ['api', 'web', 'db']) {
    for (const instance of job === 'db' ? ['a'] : ['a', 'b']) addInstance({ add, random, own: () => next++ }, { job, instance });
    add('limit_bytes', { job }, () => 4096 * (job.length + 1));
  }
  for (const [index, value] of WEIRD.entries()) add('weird', { kind: `constant-${index}` }, () => value);
  add('weird', { kind: 'mixed' }, (scrape) => WEIRD[scrape % WEIRD.length]);
  add('weird', { kind: 'two\nlines' }, (scrape) => scrape % 7);
  // Longer between samples than a selector looks back.
  add('sparse', { job: 'api' }, (scrape) => (scrape % 26 === 3 ? scrape / 4 : undefined));
  add('sparse', { job: 'web' }, (scrape) => (scrape % 18 === 11 ? -scrape / 8 : undefined));
  add('lonely', {}, (scrape) => 40 - scrape / 16);
  return series;
}

type Add = (name: string, labels: LabelPairs, valueAt: ValueAt) => void;

interface Source {
  readonly add: Add;
  readonly random: () => number;
  /** A small number of a series' own, for metrics no two of whose series ever have the same value. */
  readonly own: () => number;
}

function addInstance({ add, random, own }: Source, labels: LabelPairs): void {
  for (const method of ['get', 'post']) {
    for (const code of ['200', '404', '500'])
      add('requests_total', { ...labels, method, code }, counter(random, { resets: 1 / 150, own: own() }));
  }
  add('errors_total', labels, counter(random, { resets: 1 / 60, own: own() }));
  const zone = labels['instance'] === 'a' ? { zone: 'north' } : {};
  add('memory_bytes', { ...labels, ...zone }, gauge(random, { gaps: 0.06, step: 512, from: 20_480 + own() }));
  for (const core of ['0', '1']) add('temperature', { ...labels, core }, gauge(random, { gaps: 0.01, step: 0.125, from: 20 }));
  add('up', labels, flapping(random));
  // A new version takes over at one scrape: the old series ends with a stale marker.
  const upgrade = 100 + Math.floor(random() * 280);
  add('build_info', { ...labels, version: '1.9' }, (scrape) => (scrape < upgrade ? 1 : scrape === upgrade ? STALE_NAN_BITS : undefined));
  add('build_info', { ...labels, version: '1.10' }, (scrape) => (scrape < upgrade ? undefined : 1));
  addHistogram(add, labels, random);
}

/** More than all the series that have a number of their own. */
const OWN_MAX = 64;

/** A counter that begins far from zero, and near it after a reset, as after a restart. */
function counter(random: () => number, { resets, own }: { resets: number; own: number }): ValueAt {
  let units = 10_000 + Math.floor(random() * 5000);
  return () => {
    if (random() < resets) units = Math.floor(random() * 3);
    else if (random() < 0.8) units += Math.floor(random() * 9);
    return units * OWN_MAX + own;
  };
}

/** A walk in steps that add up without rounding; a gap takes several scrapes, in some with stale markers. */
function gauge(random: () => number, { gaps, step, from }: { gaps: number; step: number; from: number }): ValueAt {
  let value = from + Math.floor(random() * 64) * step;
  let gapLeft = 0;
  return () => {
    value += step * Math.floor(random() * 9 - 4);
    if (gapLeft > 0) gapLeft--;
    else if (random() < gaps) gapLeft = 1 + Math.floor(random() * 30);
    else return value;
    return gapLeft % 2 === 1 && random() < 0.3 ? STALE_NAN_BITS : undefined;
  };
}

function flapping(random: () => number): ValueAt {
  let up = 1;
  return () => {
    if (random() < 0.1) up = 1 - up;
    return up;
  };
}

function addHistogram(add: Add, labels: LabelPairs, random: () => number): void {
  const observed = Array.from({ length: SCRAPES }, () => BUCKETS.map(() => Math.floor(random() * 6)));
  const restart = 50 + Math.floor(random() * 380);
  const before = BUCKETS.map((_, bucket) => 40_000 * (bucket + 1));
  /** How many observations up to a bucket there had been at a scrape: many before it, or those since a restart. */
  const upTo = (bucket: number, scrape: number): number => {
    let count = scrape >= restart ? 0 : (before[bucket] ?? 0);
    for (let at = scrape >= restart ? restart : 0; at <= scrape; at++) {
      for (const each of observed[at]?.slice(0, bucket + 1) ?? []) count += each;
    }
    return count;
  };
  for (const [index, le] of BUCKETS.entries()) add('latency_seconds_bucket', { ...labels, le }, (scrape) => upTo(index, scrape));
  add('latency_seconds_count', labels, (scrape) => upTo(BUCKETS.length - 1, scrape));
  add('latency_seconds_sum', labels, (scrape) => upTo(BUCKETS.length - 1, scrape) * 0.75);
}

function samplesOf(valueAt: ValueAt, random: () => number): SentSample[] {
  const samples: SentSample[] = [];
  const phase = 1000 * Math.floor(random() * 14) + 137;
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    const value = valueAt(scrape);
    const late = Math.floor(random() * 60);
    if (value !== undefined) samples.push({ ts: DATA_FROM_MS + scrape * INTERVAL_MS + phase + late, value });
  }
  return samples;
}

/** The series cut into requests of some scrapes each, so that times ascend from one to the next. */
export function* requestsOf(series: readonly SentSeries[], scrapesEach = 40): Generator<SentSeries[]> {
  for (let from = DATA_FROM_MS; from < DATA_TO_MS; from += scrapesEach * INTERVAL_MS) {
    const to = from + scrapesEach * INTERVAL_MS;
    yield series.map(({ labels, samples = [] }) => ({ labels, samples: samples.filter(({ ts }) => ts >= from && ts < to) }));
  }
}
