// The message `logproto.PushRequest`: bytes to columns, streams looked up by the bytes of their labels.
//
//   PushRequest{streams=1}   stream{labels=1 text, entries=2, hash=3}   entry{timestamp=1{seconds, nanos}, line=2, structuredMetadata=3{name, value}}
//
// Source: Loki `pkg/push/push.proto`.

import { ProtobufReader, WIRE_BYTES } from '../../base/protobuf.ts';
import { RequestError } from '../../base/request-error.ts';
import { type Labels, NO_LABELS, labelsOf } from '../../query/labels.ts';
import { REFUSED, type StoreLogWrite } from '../log-write.ts';
import { parseStreamLabels } from './stream-labels.ts';

const TAG_LABELS = 0x0a;
const TAG_ENTRY = 0x12;
const TAG_TIMESTAMP = 0x0a;
const TAG_LINE = 0x12;
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

  /** One entry of a stream, from its tag on. Hot: once per line. */
  read(stream: number): void {
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
    this.#add(stream, metadata === undefined ? NO_LABELS : labelsOf(metadata));
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
      const ns = BigInt(seconds) * 1_000_000_000n;
      this.#second = seconds;
      this.#secondLow = Number(BigInt.asUintN(32, ns));
      this.#secondHigh = Number(BigInt.asUintN(32, ns >> 32n));
    }
    const low = this.#secondLow + nanos;
    this.#time.low = low >>> 0;
    this.#time.high = (this.#secondHigh + (low >= TWO_32 ? 1 : 0)) >>> 0;
  }
}

function readPair(reader: ProtobufReader): [string, string] {
  const outer = reader.enter();
  let name = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) value = reader.text();
    else reader.skip();
  }
  reader.leave(outer);
  return [name, value];
}
