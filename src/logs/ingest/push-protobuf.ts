// The message `logproto.PushRequest`: bytes to columns, streams looked up by the bytes of their labels.
//
//   PushRequest{streams=1}   stream{labels=1 text, entries=2, hash=3}   entry{timestamp=1{seconds, nanos}, line=2, structuredMetadata=3{name, value}}
//
// Source: Loki `pkg/push/push.proto`.

import { ProtobufReader, readPair, WIRE_BYTES } from '../../base/protobuf.ts';
import { RequestError } from '../../base/request-error.ts';
import { type Labels, NO_LABELS } from '../../query/labels.ts';
import { REFUSED, type StoreLogWrite } from '../log-write.ts';
import { metadataFor, parseStreamLabels } from './stream-labels.ts';

const TAG_LABELS = 0x0a;
const TAG_ENTRY = 0x12;
const TAG_TIMESTAMP = 0x0a;
const TAG_LINE = 0x12;
const TAG_SECONDS = 0x08;
const TAG_NANOS = 0x10;
const TWO_32 = 4294967296;
const NS_PER_S = 1_000_000_000;
/** The last whole second that 64-bit nanoseconds hold, in the year 2262. */
const SECONDS_MAX = 9_223_372_035;

/** Fills `write` with a request. Throws `bad_data` with the byte's position when the message is malformed. */
export function decodePushRequest(body: Uint8Array, write: StoreLogWrite): void {
  const reader = new ProtobufReader(body);
  const source = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  write.tenant.wire.restart();
  const entries = new EntryReader(reader, source, write);
  while (reader.next()) {
    if (reader.field === 1 && reader.wire === WIRE_BYTES) readStream(reader, entries, write);
    else reader.skip();
  }
}

function readStream(reader: ProtobufReader, entries: EntryReader, write: StoreLogWrite): void {
  const outer = reader.enter();
  const stream = readLabels(reader, write);
  while (reader.pos < reader.end) {
    if (reader.bytes[reader.pos] === TAG_ENTRY) entries.read(stream);
    else {
      reader.next();
      if (reader.field === 1) reader.fail('labels after entries');
      reader.skip();
    }
  }
  reader.leave(outer);
}

// The labels stand first in what every known sender writes.
function readLabels(reader: ProtobufReader, write: StoreLogWrite): number {
  if (reader.bytes[reader.pos] !== TAG_LABELS) return namedBy('', write);
  reader.next();
  const { wire } = write.tenant;
  const outer = reader.enter();
  const { pos: from, end: to } = reader;
  const known = wire.find(reader.view, from, to);
  let stream = known;
  if (known < 0) {
    stream = namedBy(decodeText(reader.bytes.subarray(from, to)), write);
    if (stream !== REFUSED) wire.add(reader.view, { from, to }, stream);
  }
  reader.pos = to;
  reader.leave(outer);
  return stream;
}

function namedBy(text: string, write: StoreLogWrite): number {
  return write.stream(parseStreamLabels(text));
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new RequestError('bad_data', 'the labels of a stream are not valid UTF-8', { cause });
  }
}

/** Entries of a request. Its objects are used again for every line. */
class EntryReader {
  readonly #reader: ProtobufReader;
  readonly #source: Buffer;
  readonly #write: StoreLogWrite;
  readonly #time = { low: 0, high: 0 };
  readonly #line = { from: 0, to: 0 };
  /** The second whose nanoseconds `#secondLow` and `#secondHigh` are. */
  #second = 0;
  #secondLow = 0;
  #secondHigh = 0;

  constructor(reader: ProtobufReader, source: Buffer, write: StoreLogWrite) {
    this.#reader = reader;
    this.#source = source;
    this.#write = write;
  }

  /** One entry of a stream, from its tag on. */
  read(stream: number): void {
    if (!this.#readPlain(stream)) this.#readAny(stream);
  }

  /**
   * Hot: once per line. The layout of every known sender, time and then line, is read without the general reader; false, with nothing read, for any
   * other one. Lengths up to 2^21 are taken in.
   */
  #readPlain(stream: number): boolean {
    const { bytes, end, pos } = this.#reader;
    let at = pos + 1;
    const size = lengthAt(bytes, at);
    at += widthOf(size);
    const stop = at + size;
    const timeSize = bytes[at + 1] as number;
    // A time in at most 12 bytes: tag, seconds in up to 5 bytes, tag, nanoseconds in up to 5 bytes.
    if (size < 0 || stop > end || bytes[at] !== TAG_TIMESTAMP || timeSize < 2 || timeSize > 12) return false;
    const lineAt = at + 2 + timeSize;
    if (lineAt + 1 >= stop || bytes[lineAt] !== TAG_LINE || !this.#plainTime(bytes, at + 2, lineAt)) return false;
    const lineSize = lengthAt(bytes, lineAt + 1);
    const line = this.#line;
    line.from = lineAt + 1 + widthOf(lineSize);
    line.to = line.from + lineSize;
    if (lineSize < 0 || line.to !== stop) return false;
    this.#reader.pos = stop;
    this.#add(stream, NO_LABELS);
    return true;
  }

  #plainTime(bytes: Uint8Array, from: number, to: number): boolean {
    if (bytes[from] !== TAG_SECONDS) return false;
    let seconds = 0;
    let nanos = 0;
    let at = from + 1;
    for (let factor = 1; at < to; factor *= 0x80) {
      const byte = bytes[at++] as number;
      seconds += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    if (at < to && bytes[at++] !== TAG_NANOS) return false;
    for (let factor = 1; at < to; factor *= 0x80) {
      const byte = bytes[at++] as number;
      nanos += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    if (at !== to || (bytes[to - 1] as number) >= 0x80 || nanos >= NS_PER_S || seconds > SECONDS_MAX) return false;
    this.#setTime(seconds, nanos);
    return true;
  }

  #readAny(stream: number): void {
    const reader = this.#reader;
    reader.next();
    const outer = reader.enter();
    this.#line.from = this.#line.to = reader.pos;
    this.#setTime(0, 0);
    let metadata: [string, string][] | undefined;
    while (reader.pos < reader.end) {
      const tag = reader.bytes[reader.pos] as number;
      reader.next();
      if (tag === TAG_TIMESTAMP) this.#readTime();
      else if (tag === TAG_LINE) this.#readLine();
      else if (reader.field === 3 && reader.wire === WIRE_BYTES) (metadata ??= []).push(readPair(reader));
      else reader.skip();
    }
    reader.leave(outer);
    const set = metadata === undefined || stream === REFUSED ? NO_LABELS : metadataFor(this.#write, metadata);
    if (set !== undefined) this.#add(stream, set);
  }

  #add(stream: number, metadata: Labels): void {
    const write = this.#write;
    if (stream === REFUSED) write.refuseAgain();
    else if (write.line(stream, this.#time, this.#source, this.#line) && metadata.length > 0) write.metadata(metadata);
  }

  #readLine(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    this.#line.from = reader.pos;
    this.#line.to = reader.end;
    reader.pos = reader.end;
    reader.leave(outer);
  }

  #readTime(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    let seconds = 0;
    let nanos = 0;
    while (reader.next()) {
      if (reader.field === 1) seconds = reader.int();
      else if (reader.field === 2) nanos = reader.int();
      else reader.skip();
    }
    reader.leave(outer);
    if (nanos < 0 || nanos >= NS_PER_S || Math.abs(seconds) > SECONDS_MAX) reader.fail(`a time of ${seconds} s and ${nanos} ns`);
    this.#setTime(seconds, nanos);
  }

  // Nanoseconds as two halves, without a 64-bit number: the second's are kept from line to line.
  #setTime(seconds: number, nanos: number): void {
    if (seconds !== this.#second) {
      this.#second = seconds;
      // The product by halves of 16 bits, each of which a double holds; the halves of a negative number go on in two's complement.
      const upper = Math.floor(seconds / 65_536) * NS_PER_S;
      const lower = (seconds - Math.floor(seconds / 65_536) * 65_536) * NS_PER_S;
      this.#secondLow = Math.imul(seconds, NS_PER_S) >>> 0;
      this.#secondHigh = Math.floor((upper + Math.floor(lower / 65_536)) / 65_536) >>> 0;
    }
    const low = this.#secondLow + nanos;
    this.#time.low = low >>> 0;
    this.#time.high = (this.#secondHigh + (low >= TWO_32 ? 1 : 0)) >>> 0;
  }
}

/** A length of up to three bytes, or -1. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return first;
  const second = bytes[at + 1] as number;
  if (second < 0x80) return second * 0x80 + first - 0x80;
  const third = bytes[at + 2] as number;
  // A byte behind the end is no number, and no length then.
  return third < 0x80 ? third * 0x4000 + (second - 0x80) * 0x80 + first - 0x80 : -1;
}

function widthOf(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : 3;
}
