// Loki's protobuf push body read the plain way, into any `LogWrite`: what the fast decoder (push-protobuf.ts) is tested beside.
//
// Source: Loki `pkg/push/push.proto`.

import { ProtobufReader, readPair } from '../../base/protobuf.ts';
import { type Labels, NO_LABELS } from '../../query/labels.ts';
import type { LogWrite } from '../write.ts';
import { metadataFor, parseStreamLabels } from './stream-labels.ts';

const NS_PER_SECOND = 1_000_000_000n;

/** Fills `write` with a body. Throws `bad_data` with the byte's position, or that shows the labels; nothing must be committed then. */
export function readPushProtobuf(body: Uint8Array, write: LogWrite): void {
  const reader = new ProtobufReader(body);
  while (reader.next()) {
    if (reader.field === 1) readStream(reader, write);
    else reader.skip();
  }
}

/** Fields come in any order: a stream is passed over for its labels first, which costs little, for all else is skipped by its length. */
function readStream(reader: ProtobufReader, write: LogWrite): void {
  const outer = reader.enter();
  const from = reader.pos;
  let text = '';
  let entries = 0;
  while (reader.next()) {
    if (reader.field === 1) text = reader.text();
    else {
      if (reader.field === 2) entries++;
      reader.skip();
    }
  }
  const labels = entries === 0 ? NO_LABELS : parseStreamLabels(text);
  reader.pos = from;
  while (reader.next()) {
    if (reader.field === 2) readEntry(reader, labels, write);
    else reader.skip();
  }
  reader.leave(outer);
}

function readEntry(reader: ProtobufReader, labels: Labels, write: LogWrite): void {
  const outer = reader.enter();
  let tsNs = 0n;
  let line: Uint8Array = NO_LINE;
  const pairs: [string, string][] = [];
  while (reader.next()) {
    if (reader.field === 1) tsNs = readTimestamp(reader);
    else if (reader.field === 2) line = reader.slice();
    else if (reader.field === 3) pairs.push(readPair(reader));
    else reader.skip();
  }
  reader.leave(outer);
  if (BigInt.asIntN(64, tsNs) !== tsNs) return write.refuse('invalid_timestamp', `the time of a line, ${tsNs} ns, is not within 64 bits`);
  const metadata = metadataFor(write, pairs);
  if (metadata !== undefined) write.entry(labels, { tsNs, line, metadata });
}

const NO_LINE = new Uint8Array(0);

/** A `google.protobuf.Timestamp` as nanoseconds, which may be more than 64 bits hold. */
function readTimestamp(reader: ProtobufReader): bigint {
  const outer = reader.enter();
  let seconds = 0n;
  let nanos = 0;
  while (reader.next()) {
    if (reader.field === 1) {
      reader.uint();
      seconds = BigInt.asIntN(64, (BigInt(reader.high) << 32n) | BigInt(reader.low));
    } else if (reader.field === 2) nanos = reader.int();
    else reader.skip();
  }
  reader.leave(outer);
  return seconds * NS_PER_SECOND + BigInt(Number.isSafeInteger(nanos) ? nanos : 0);
}
