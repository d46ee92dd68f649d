// The message `io.prometheus.write.v2.Request`: every text once in a table of symbols, series by their numbers in it.

import { ProtobufReader, WIRE_VARINT } from '../../base/protobuf.ts';
import { RequestError } from '../../base/request-error.ts';
import { compareText, type Labels, labelsOf, labelValue, METRIC_NAME } from '../../query/labels.ts';
import type { StoreWrite } from '../store-write.ts';
import type { Exemplar, MetricType } from '../write.ts';
import { type RemoteHistogram, readHistogram } from './remote-histogram.ts';

const REFUSED = -1;
const METRIC_TYPES: readonly MetricType[] = ['unknown', 'counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'];

interface Sample {
  readonly ts: number;
  readonly low: number;
  readonly high: number;
  readonly startTs: number;
}

interface ExemplarRefs {
  readonly refs: readonly number[];
  readonly value: number;
  readonly ts: number;
}

interface TimeSeries {
  readonly refs: number[];
  readonly samples: Sample[];
  readonly histograms: RemoteHistogram[];
  readonly exemplars: ExemplarRefs[];
  metadata: { readonly type: number; readonly help: number; readonly unit: number } | undefined;
  /** Of all the series' samples, where a sender names it once. */
  startTs: number;
}

/** Fills `write` with a request. Throws `bad_data` when the message is malformed or names a symbol that is not there. */
export function decodeWriteRequest2(body: Uint8Array, write: StoreWrite): void {
  const symbols = readSymbols(body);
  const reader = new ProtobufReader(body);
  while (reader.next()) {
    if (reader.field === 5) addSeries(readSeries(reader), symbols, write);
    else reader.skip();
  }
}

type Symbols = readonly string[];

// The table may stand behind the series that use it.
function readSymbols(body: Uint8Array): Symbols {
  const reader = new ProtobufReader(body);
  const symbols: string[] = [];
  while (reader.next()) {
    if (reader.field === 4) symbols.push(reader.text());
    else reader.skip();
  }
  if (symbols.length > 0 && symbols[0] !== '') throw new RequestError('bad_data', 'the first symbol must be the empty text');
  return symbols;
}

function symbol(symbols: Symbols, ref: number): string {
  const text = symbols[ref];
  if (text === undefined && !(ref === 0 && symbols.length === 0)) throw new RequestError('bad_data', `symbol ${ref} of ${symbols.length}`);
  return text ?? '';
}

function addSeries(series: TimeSeries, symbols: Symbols, write: StoreWrite): void {
  const items = series.samples.length + series.histograms.length;
  const labels = labelsAt(series.refs, symbols, (message) => write.refuse('invalid_labels', message, items + series.exemplars.length));
  if (labels === undefined) return;
  if (items === 0) return write.refuse('invalid_labels', `a series without a sample: ${labelValue(labels, METRIC_NAME)}`);
  const number = write.series(labels, items + series.exemplars.length);
  if (number === REFUSED) return;
  for (const { ts, low, high, startTs } of series.samples) {
    write.samples.push(number, ts, low, high);
    const start = startTs === 0 ? series.startTs : startTs;
    if (start !== 0) write.startAt(number, ts, start);
  }
  for (const each of series.histograms) {
    write.histogramOf(number, each.startTs === 0 ? { ...each, startTs: series.startTs } : each);
  }
  for (const exemplar of series.exemplars) addExemplar(number, exemplar, { symbols, write });
  if (series.metadata !== undefined) addMetadata(labels, series.metadata, { symbols, write });
}

interface Target {
  readonly symbols: Symbols;
  readonly write: StoreWrite;
}

function addExemplar(series: number, { refs, value, ts }: ExemplarRefs, { symbols, write }: Target): void {
  const labels = labelsAt(refs, symbols, (message) => write.refuse('invalid_exemplar', message));
  if (labels === undefined) return;
  const exemplar: Exemplar = { labels, value, ts };
  write.exemplarOf(series, exemplar);
}

function addMetadata(labels: Labels, { type, help, unit }: NonNullable<TimeSeries['metadata']>, { symbols, write }: Target): void {
  if (type === 0 && help === 0 && unit === 0) return;
  const kind = METRIC_TYPES[type] ?? 'unknown';
  const metric = familyName(labelValue(labels, METRIC_NAME), kind);
  write.metadata({ metric, type: kind, help: symbol(symbols, help), unit: symbol(symbols, unit) });
}

// Classic histograms and summaries come as several series of one family.
function familyName(name: string, type: MetricType): string {
  if (type === 'histogram' || type === 'gaugehistogram') return name.replace(/_(?:bucket|sum|count)$/, '');
  return type === 'summary' ? name.replace(/_(?:sum|count)$/, '') : name;
}

function labelsAt(refs: readonly number[], symbols: Symbols, refuse: (message: string) => void): Labels | undefined {
  if (refs.length % 2 !== 0) {
    refuse(`${refs.length} label references, which is not a number of pairs`);
    return undefined;
  }
  const pairs: [string, string][] = [];
  for (let i = 0; i < refs.length; i += 2) pairs.push([symbol(symbols, refs[i] ?? 0), symbol(symbols, refs[i + 1] ?? 0)]);
  pairs.sort(([a], [b]) => compareText(a, b));
  const twice = pairs.findIndex(([name], i) => i > 0 && pairs[i - 1]?.[0] === name);
  if (twice >= 0) {
    refuse(`the label ${JSON.stringify(pairs[twice]?.[0])} stands twice in one series`);
    return undefined;
  }
  return labelsOf(pairs);
}

function readSeries(reader: ProtobufReader): TimeSeries {
  const outer = reader.enter();
  const series: TimeSeries = { refs: [], samples: [], histograms: [], exemplars: [], metadata: undefined, startTs: 0 };
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        readRefs(reader, series.refs);
        break;
      case 2:
        series.samples.push(readSample(reader));
        break;
      case 3:
        series.histograms.push(readHistogram(reader));
        break;
      case 4:
        series.exemplars.push(readExemplar(reader));
        break;
      case 5:
        series.metadata = readMetadata(reader);
        break;
      case 6:
        series.startTs = reader.int();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return series;
}

function readRefs(reader: ProtobufReader, into: number[]): void {
  reader.repeated(WIRE_VARINT, () => into.push(reader.uint()));
}

function readSample(reader: ProtobufReader): Sample {
  const outer = reader.enter();
  let low = 0;
  let high = 0;
  let ts = 0;
  let startTs = 0;
  while (reader.next()) {
    if (reader.field === 1) {
      reader.fixed64();
      ({ low, high } = reader);
    } else if (reader.field === 2) ts = reader.int();
    else if (reader.field === 3) startTs = reader.int();
    else reader.skip();
  }
  reader.leave(outer);
  return { ts, low, high, startTs };
}

function readExemplar(reader: ProtobufReader): ExemplarRefs {
  const outer = reader.enter();
  const refs: number[] = [];
  let value = 0;
  let ts = 0;
  while (reader.next()) {
    if (reader.field === 1) readRefs(reader, refs);
    else if (reader.field === 2) value = reader.double();
    else if (reader.field === 3) ts = reader.int();
    else reader.skip();
  }
  reader.leave(outer);
  return { refs, value, ts };
}

function readMetadata(reader: ProtobufReader): NonNullable<TimeSeries['metadata']> {
  const outer = reader.enter();
  let type = 0;
  let help = 0;
  let unit = 0;
  while (reader.next()) {
    if (reader.field === 1) type = reader.uint();
    else if (reader.field === 3) help = reader.uint();
    else if (reader.field === 4) unit = reader.uint();
    else reader.skip();
  }
  reader.leave(outer);
  return { type, help, unit };
}
