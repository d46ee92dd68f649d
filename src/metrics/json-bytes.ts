// JSON of points, written as bytes: the hot end of every wide answer.
//
//   points ──▶ bytes of one piece ──(a piece is full)──▶ the answer's stream
//
// Numbers of at most 15 digits are written by integer arithmetic; others go through the runtime's own printing, which is most of their cost.
// The state of writing is two local variables, not two fields: on 10,000 series of 1,440 points that alone is half of the time.

import { printFloat, printTime } from './value.ts';

/** A piece that has reached this is handed on. */
const PIECE_BYTES = 64 * 1024;
/** Room for the longest number (309 digits before the point, or 324 behind it) and what stands around it. */
const NUMBER_BYTES_MAX = 400;
/** Integers below it are exact, and so is their printing by digits. */
const EXACT_MAX = 1e15;
const MILLION = 1_000_000;
const BILLION = 1_000_000_000;
const BYTES_MIN = 4096;
/** Points that are written between two looks at the room that is left. */
const POINTS_MAX = 64;
const POINT_BYTES_MAX = 2 * NUMBER_BYTES_MAX;

const ZERO = 0x30;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const OPEN = 0x5b;
const CLOSE = 0x5d;

export class JsonBytes {
  #bytes = Buffer.alloc(0);
  #length = 0;

  /** True when it is time to `take` the piece. */
  get isFull(): boolean {
    return this.#length >= PIECE_BYTES;
  }

  /** What was written since the last `take`; the memory is the caller's. */
  take(): Buffer {
    const piece = this.#bytes.subarray(0, this.#length);
    // After a full piece the next will be full too; a small answer takes little memory.
    this.#bytes = this.isFull ? Buffer.allocUnsafe(this.#bytes.length) : Buffer.alloc(0);
    this.#length = 0;
    return piece;
  }

  /** Any text as it stands. */
  text(text: string): void {
    // A character is three bytes at most.
    this.#reserve(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
  }

  /**
   * Points `[time,"value"]` from `from` on, each with a comma before it but the first of its list; gives the index of the point that comes next.
   * That is `times.length`, or less when the piece is full. Times are in milliseconds.
   */
  points(times: Float64Array, values: Float64Array, from: number): number {
    let next = from;
    while (next < times.length && !this.isFull) {
      const to = Math.min(times.length, next + POINTS_MAX);
      this.#reserve((to - next) * POINT_BYTES_MAX);
      this.#length = writePoints(this.#bytes, this.#length, { times, values, from: next, to });
      next = to;
    }
    return next;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2, BYTES_MIN));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

interface Points {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly from: number;
  readonly to: number;
}

// hot: once per point of every answer. These functions give the place behind what they wrote.
function writePoints(bytes: Uint8Array, start: number, { times, values, from, to }: Points): number {
  let at = start;
  for (let i = from; i < to; i++) {
    if (i > 0) bytes[at++] = COMMA;
    bytes[at++] = OPEN;
    at = writeTime(bytes, at, times[i] as number);
    bytes[at++] = COMMA;
    bytes[at++] = QUOTE;
    at = writeFloat(bytes, at, values[i] as number);
    bytes[at++] = QUOTE;
    bytes[at++] = CLOSE;
  }
  return at;
}

function writeTime(bytes: Uint8Array, start: number, ms: number): number {
  const seconds = Math.floor(ms / 1000);
  const rest = ms - seconds * 1000;
  if (!(ms >= 0 && ms < EXACT_MAX) || rest !== (rest | 0)) return writeAscii(bytes, start, printTime(ms));
  const at = writeInteger(bytes, start, seconds);
  if (rest === 0) return at;
  bytes[at] = POINT;
  return writePadded(bytes, at + 1, rest, 3);
}

function writeFloat(bytes: Uint8Array, start: number, value: number): number {
  const size = Math.abs(value);
  if (!(size < EXACT_MAX) || Object.is(value, -0)) return writeAscii(bytes, start, printFloat(value));
  const whole = Math.floor(size);
  // A decimal of at most 15 digits that reads back as the value is its shortest form.
  const millionths = whole === size ? 0 : Math.round(size * MILLION);
  if (whole !== size && !(millionths < EXACT_MAX && millionths / MILLION === size)) return writeAscii(bytes, start, printFloat(value));
  let at = start;
  if (value < 0) bytes[at++] = MINUS;
  at = writeInteger(bytes, at, whole);
  if (whole === size) return at;
  bytes[at] = POINT;
  at = writePadded(bytes, at + 1, millionths - whole * MILLION, 6);
  while (bytes[at - 1] === ZERO) at--;
  return at;
}

function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  if (value < BILLION) return writePadded(bytes, at, value, digitsOf(value));
  const high = Math.floor(value / BILLION);
  return writePadded(bytes, writePadded(bytes, at, high, digitsOf(high)), value - high * BILLION, 9);
}

/** An integer below a billion in so many digits. */
function writePadded(bytes: Uint8Array, start: number, value: number, digits: number): number {
  const end = start + digits;
  let rest = value | 0;
  for (let at = end - 1; at >= start; at--) {
    const next = (rest / 10) | 0;
    bytes[at] = ZERO + rest - next * 10;
    rest = next;
  }
  return end;
}

function writeAscii(bytes: Uint8Array, start: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
  return start + text.length;
}

function digitsOf(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  if (value < 10_000_000) return 7;
  return value < 100_000_000 ? 8 : 9;
}
