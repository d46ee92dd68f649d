// Up to which time each stream of a tenant has lines: whatever is newer cannot be there already.
//
//   rows of a write ─▶ newer than all lines of its stream? ─┬─ yes, as nearly always ─▶ the stream's newest time
//                                                           └─ no ─▶ a mark: this stream may hold a line twice within this hour (late-lines.ts)
//
// A line at the newest time itself, as clocks of milliseconds give many, is compared by hash with those that are known of that time.

import type { LineColumns } from './line-columns.ts';
import { HOUR_NS } from './table.ts';

/** Lines of a stream, by its number in the registry, within an hour since the epoch: from when to when, in nanoseconds to within `TIME_ERROR_NS`. */
export interface LateMark {
  readonly stream: number;
  readonly hour: number;
  readonly fromNs: number;
  readonly toNs: number;
}

/** How far a double of nanoseconds since the epoch may be off, in this millennium. */
export const TIME_ERROR_NS = 1024n;

const TWO_32 = 4294967296;
const STREAMS_MIN = 256;
/** Lines at one time whose hashes are kept of a stream. */
const HASHES_MAX = 64;
const ELSEWHERE = -1;
/** Of what is stored nothing is known to be older. */
export const NO_LINES = -(2n ** 63n);
/** Of what is stored anything may be newer. */
export const ALL_LATE = 2n ** 63n - 1n;

export class StreamTimes {
  /** Streams without a time of their own have lines up to this one, in nanoseconds. */
  #floorNs: bigint;
  #high = new Int32Array(0);
  #low = new Uint32Array(0);
  /** Where the line at the newest time stands among those of the write under way. */
  #row = new Int32Array(0);
  /** Hashes of the lines at the newest time; undefined where the line of `#row` is the only one. */
  #hashes: (number[] | undefined)[] = [];

  constructor(floorNs: bigint) {
    this.#floorNs = floorNs;
  }

  /** The newest time of all streams. */
  get newestNs(): bigint {
    let newest = this.#floorNs;
    for (let stream = 0; stream < this.#high.length; stream++) {
      const own = (BigInt(this.#high[stream] as number) << 32n) + BigInt(this.#low[stream] as number);
      if (own > newest) newest = own;
    }
    return newest;
  }

  /** The same streams under other numbers: `numberOf` gives that of before, or -1. */
  renumbered(streams: number, numberOf: (stream: number) => number): StreamTimes {
    const next = new StreamTimes(this.newestNs);
    next.#reserve(streams);
    for (let stream = 0; stream < streams; stream++) {
      const old = numberOf(stream);
      if (old < 0 || old >= this.#high.length) continue;
      next.#high[stream] = this.#high[old] as number;
      next.#low[stream] = this.#low[old] as number;
      next.#hashes[stream] = this.#hashes[old];
    }
    return next;
  }

  /** Notes the lines of a write; `streams` is how many the registry has. Gives what may be there already. hot: once per line. */
  note(lines: LineColumns, streams: number): readonly LateMark[] {
    this.#reserve(streams);
    const { count, stream: ofRow, words } = lines;
    const touched: number[] = [];
    const marks = new Marks();
    for (let row = 0; row < count; row++) {
      const stream = ofRow[row] as number;
      const low = words[2 * row] as number;
      const high = (words[2 * row + 1] as number) | 0;
      const newest = this.#high[stream] as number;
      if (high > newest || (high === newest && low > (this.#low[stream] as number))) {
        if (this.#row[stream] === ELSEWHERE) touched.push(stream);
        this.#high[stream] = high;
        this.#low[stream] = low;
        this.#row[stream] = row;
        this.#hashes[stream] = undefined;
      } else if (high !== newest || low !== this.#low[stream] || !this.#isNew(lines, stream, row)) marks.add(stream, high, low);
    }
    for (const stream of touched) {
      this.#hashes[stream] ??= [hashOf(lines, this.#row[stream] as number)];
      this.#row[stream] = ELSEWHERE;
    }
    return marks.list;
  }

  /** True for a line at its stream's newest time that is none of those known of that time. */
  #isNew(lines: LineColumns, stream: number, row: number): boolean {
    const first = this.#row[stream] as number;
    const known = this.#hashes[stream] ?? (first === ELSEWHERE ? undefined : [hashOf(lines, first)]);
    // After a start nobody knows which lines stand at the newest time.
    if (known === undefined || known.length >= HASHES_MAX) return false;
    this.#hashes[stream] = known;
    const hash = hashOf(lines, row);
    if (known.includes(hash)) return false;
    known.push(hash);
    return true;
  }

  #reserve(streams: number): void {
    const before = this.#high.length;
    if (streams <= before) return;
    const size = Math.max(STREAMS_MIN, 2 * streams);
    const [high, low, row] = [new Int32Array(size), new Uint32Array(size), new Int32Array(size)];
    high.set(this.#high);
    low.set(this.#low);
    row.set(this.#row);
    high.fill(Number(this.#floorNs >> 32n), before);
    low.fill(Number(this.#floorNs & 0xffffffffn), before);
    row.fill(ELSEWHERE, before);
    this.#high = high;
    this.#low = low;
    this.#row = row;
  }
}

interface GrowingMark extends LateMark {
  fromNs: number;
  toNs: number;
}

/** One mark for each stream and hour. */
class Marks {
  readonly list: GrowingMark[] = [];
  readonly #byStream = new Map<number, Map<number, GrowingMark>>();
  #last: GrowingMark | undefined;

  add(stream: number, high: number, low: number): void {
    const hour = hourOf(high, low);
    const time = high * TWO_32 + low;
    let mark = this.#last;
    if (mark?.stream !== stream || mark.hour !== hour) this.#last = mark = this.#of(stream, hour, time);
    if (time < mark.fromNs) mark.fromNs = time;
    if (time > mark.toNs) mark.toNs = time;
  }

  #of(stream: number, hour: number, time: number): GrowingMark {
    const hours = this.#byStream.get(stream) ?? new Map<number, GrowingMark>();
    this.#byStream.set(stream, hours);
    const known = hours.get(hour);
    if (known !== undefined) return known;
    const mark = { stream, hour, fromNs: time, toNs: time };
    hours.set(hour, mark);
    this.list.push(mark);
    return mark;
  }
}

/** A double of nanoseconds is some hundred off: near the edge of an hour the exact division decides. */
function hourOf(high: number, low: number): number {
  const hourNs = Number(HOUR_NS);
  const time = high * TWO_32 + low;
  const hour = Math.floor(time / hourNs);
  const into = time - hour * hourNs;
  if (into > 1e6 && into < hourNs - 1e6) return hour;
  const exact = (BigInt(high) << 32n) + BigInt(low);
  return Number((exact - (((exact % HOUR_NS) + HOUR_NS) % HOUR_NS)) / HOUR_NS);
}

/** 32 bits of a line. Two lines of one hash are only ever looked at once more. Source: FNV-1a, over four bytes at a time. */
function hashOf({ bytes, starts, ends }: LineColumns, row: number): number {
  const to = ends[row] as number;
  let at = starts[row] as number;
  let hash = 0x811c9dc5 ^ (to - at);
  for (; at + 4 <= to; at += 4) hash = Math.imul(hash ^ bytes.readInt32LE(at), 0x01000193) ^ (hash >>> 15);
  for (; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash;
}
