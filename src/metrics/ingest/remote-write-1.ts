// The message `prometheus.WriteRequest`: bytes to columns, labels looked up by their bytes.

import { ProtobufReader, readPair, WIRE_BYTES } from '../../base/protobuf.ts';
import { compareText, type Labels, labelsOf } from '../../query/labels.ts';
import type { StoreWrite } from '../store-write.ts';
import type { Exemplar, MetricType } from '../write.ts';
import { readHistogram } from './remote-histogram.ts';

const TAG_LABELS = 0x0a;
const TAG_SAMPLES = 0x12;
const TAG_VALUE = 0x09;
const TAG_TIMESTAMP = 0x10;
const TWO_28 = 2 ** 28;
const REFUSED = -1;

const METRIC_TYPES: readonly MetricType[] = ['unknown', 'counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'];

/** Fills `write` with a request. Throws `bad_data` with the byte's position when the message is malformed. */
export function decodeWriteRequest1(body: Uint8Array, write: StoreWrite): void {
  const reader = new ProtobufReader(body);
  write.tenant.wire.restart();
  while (reader.next()) {
    if (reader.field === 1 && reader.wire === WIRE_BYTES) readSeries(reader, write);
    else if (reader.field === 3) readMetadata(reader, write);
    else reader.skip();
  }
}

/**
 * One series and its samples. Hot: the plain layout, labels first and then samples of value and time, is read without the general reader.
 * Any other layout, however odd, goes through `readField`.
 */
function readSeries(reader: ProtobufReader, write: StoreWrite): void {
  const outer = reader.enter();
  const series = readLabels(reader, write);
  const { bytes, view, end } = reader;
  const { samples } = write;
  while (reader.pos < end) {
    const at = reader.pos;
    const size = bytes[at + 1] as number;
    // A sample in at most 17 bytes: tag, 8 bytes of value, tag, a time of up to 7 bytes.
    const plain =
      bytes[at] === TAG_SAMPLES &&
      size >= 11 &&
      size <= 17 &&
      at + 2 + size <= end &&
      bytes[at + 2] === TAG_VALUE &&
      bytes[at + 11] === TAG_TIMESTAMP;
    const ts = plain ? shortVarint(bytes, at + 12, at + 2 + size) : -1;
    if (ts < 0) {
      reader.next();
      readField(reader, write, series);
      continue;
    }
    if (series !== REFUSED) samples.push(series, ts, view.getUint32(at + 3, true), view.getUint32(at + 7, true));
    else write.refuseAgain();
    reader.pos = at + 2 + size;
  }
  reader.leave(outer);
}

/** The varint that fills the bytes from `from` to `to`, up to 7 of them; -1 when they are something else. */
function shortVarint(bytes: Uint8Array, from: number, to: number): number {
  let low = 0;
  let high = 0;
  let at = from;
  for (let shift = 0; at < to; at++, shift += 7) {
    const byte = bytes[at] as number;
    if (byte >= 0x80 === (at === to - 1)) return -1;
    if (shift < 28) low |= (byte & 0x7f) << shift;
    else high |= (byte & 0x7f) << (shift - 28);
  }
  return high * TWO_28 + low;
}

// The labels stand first in what every known sender writes. Labels after a sample would be another series, and are refused.
function readLabels(reader: ProtobufReader, write: StoreWrite): number {
  const { bytes } = reader;
  const { wire } = write.tenant;
  const from = reader.pos;
  const followed = wire.follow(reader.view, from, reader.end);
  if (followed >= 0 && (followed === reader.end || bytes[followed] !== TAG_LABELS)) {
    reader.pos = followed;
    return wire.current;
  }
  while (reader.pos < reader.end && bytes[reader.pos] === TAG_LABELS) {
    reader.next();
    reader.skip();
  }
  const to = reader.pos;
  const known = wire.find(reader.view, from, to);
  if (known >= 0) return known;
  const labels = decodeLabels(new ProtobufReader(bytes, from, to), write);
  if (labels === undefined) return REFUSED;
  const series = write.series(labels, 0);
  if (series !== REFUSED) wire.add(reader.view, { from, to }, series);
  return series;
}

function decodeLabels(reader: ProtobufReader, write: StoreWrite): Labels | undefined {
  const pairs: [string, string][] = [];
  while (reader.next()) pairs.push(readPair(reader));
  pairs.sort(([a], [b]) => compareText(a, b));
  const twice = pairs.findIndex(([name], i) => i > 0 && pairs[i - 1]?.[0] === name);
  if (twice < 0) return labelsOf(pairs);
  write.refuse('invalid_labels', `the label ${JSON.stringify(pairs[twice]?.[0])} stands twice in one series`, 0);
  return undefined;
}

function readField(reader: ProtobufReader, write: StoreWrite, series: number): void {
  switch (reader.field) {
    case 1:
      return reader.fail('labels after samples');
    case 2:
      return readSample(reader, write, series);
    case 3:
      return write.exemplarOf(series, readExemplar(reader));
    case 4: {
      return write.histogramOf(series, { ...readHistogram(reader), startTs: 0 });
    }
    default:
      reader.skip();
  }
}

function readSample(reader: ProtobufReader, write: StoreWrite, series: number): void {
  const outer = reader.enter();
  let low = 0;
  let high = 0;
  let ts = 0;
  while (reader.next()) {
    if (reader.field === 1) {
      reader.fixed64();
      ({ low, high } = reader);
    } else if (reader.field === 2) ts = reader.int();
    else reader.skip();
  }
  reader.leave(outer);
  write.sampleOf(series, ts, low, high);
}

function readExemplar(reader: ProtobufReader): Exemplar {
  const outer = reader.enter();
  const pairs: [string, string][] = [];
  let value = 0;
  let ts = 0;
  while (reader.next()) {
    if (reader.field === 1) pairs.push(readPair(reader));
    else if (reader.field === 2) value = reader.double();
    else if (reader.field === 3) ts = reader.int();
    else reader.skip();
  }
  reader.leave(outer);
  return { labels: labelsOf(pairs), value, ts };
}

function readMetadata(reader: ProtobufReader, write: StoreWrite): void {
  const outer = reader.enter();
  let metric = '';
  let type: MetricType = 'unknown';
  let help = '';
  let unit = '';
  while (reader.next()) {
    if (reader.field === 1) type = METRIC_TYPES[reader.uint()] ?? 'unknown';
    else if (reader.field === 2) metric = reader.text();
    else if (reader.field === 4) help = reader.text();
    else if (reader.field === 5) unit = reader.text();
    else reader.skip();
  }
  reader.leave(outer);
  write.metadata({ metric, type, help, unit });
}
