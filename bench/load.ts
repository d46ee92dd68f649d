// A load of metrics that is the same every time: a fleet scraped every 15 seconds, as requests of remote write 1.0.
//
//   fleet ─▶ scrape by scrape ─▶ requests ─▶ lanes, each for one connection
//
// A series belongs to one lane, so that its samples arrive in order. Requests are encoded and compressed ahead: sending costs little.

import { compressSync } from 'snappy';

import { ProtobufWriter } from '../src/base/protobuf-writer.ts';
import { labelPairs, type Labels } from '../src/query/labels.ts';
import { FIRST_INSTANCE, makeFleet, REQUESTS_METRIC } from './fleet.ts';

export const STEP_MS = 15_000;
const SCRAPES_PER_REQUEST = 4;
/** Requests stay below what every server takes. */
const SAMPLES_PER_REQUEST_MAX = 20_000;

export interface LoadOptions {
  /** Rounded up to whole sites of the fleet. */
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
  readonly startMs: number;
  readonly endMs: number;
}

/** A selector of one series that every fleet has. */
export const ONE_SERIES = `${REQUESTS_METRIC}{job="edge",instance="${FIRST_INSTANCE}",handler="/things",method="GET",status="200"}`;

/** The end of a load that is made now: a whole minute, and old enough that no server still holds it back from queries. */
export function loadEndMs(): number {
  return Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
}

export function makeLoad({ series, scrapes, lanes, seed, endMs }: LoadOptions): Load {
  const fleet = makeFleet(series, seed);
  const encoded = fleet.labels.map(encodeLabels);
  const writers = Array.from({ length: lanes }, () => new ProtobufWriter());
  const waiting = writers.map(() => 0);
  const requests: Uint8Array[][] = writers.map(() => []);
  let bytes = 0;
  const endRequest = (lane: number): void => {
    const writer = writers[lane];
    if (writer === undefined || waiting[lane] === 0) return;
    const request = compressSync(writer.view());
    requests[lane]?.push(request);
    bytes += request.length;
    writer.clear();
    waiting[lane] = 0;
  };
  const startMs = endMs - (scrapes - 1) * STEP_MS;
  for (let scrape = 0; scrape < scrapes; scrape++) {
    fleet.advance();
    for (let i = 0; i < fleet.size; i++) {
      const lane = i % lanes;
      writeSeries(writers[lane], encoded[i], fleet.values[i] ?? 0, startMs + scrape * STEP_MS);
      waiting[lane] = (waiting[lane] ?? 0) + 1;
      if (waiting[lane] >= SAMPLES_PER_REQUEST_MAX) endRequest(lane);
    }
    if ((scrape + 1) % SCRAPES_PER_REQUEST === 0 || scrape + 1 === scrapes) for (const lane of writers.keys()) endRequest(lane);
  }
  return { samples: fleet.size * scrapes, bytes, lanes: requests, probe: ONE_SERIES, startMs, endMs };
}

const sampleWriter = new ProtobufWriter();
const seriesWriter = new ProtobufWriter();
const NOTHING = new Uint8Array();

function writeSeries(request: ProtobufWriter | undefined, labels: Uint8Array | undefined, value: number, ts: number): void {
  sampleWriter.clear();
  sampleWriter.double(1, value).varint(2, ts);
  seriesWriter.clear();
  seriesWriter.raw(labels ?? NOTHING).blob(2, sampleWriter.view());
  request?.blob(1, seriesWriter.view());
}

/** Labels as protobuf fields, sorted by name as remote write 1.0 asks. */
function encodeLabels(labels: Labels): Uint8Array {
  const writer = new ProtobufWriter();
  for (const [name, value] of labelPairs(labels)) writer.message(1, (label) => label.text(1, name).text(2, value));
  return writer.bytes();
}
