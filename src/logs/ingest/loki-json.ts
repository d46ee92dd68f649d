// Loki's JSON push bodies into a `LogWrite`: that of `/loki/api/v1/push`, and the older one of `/api/prom/push`.
//
//   {"streams": [{"stream": {"app": "a"}, "values": [["1700000000000000000", "line", {"trace_id": "…"}], …]}]}
//   {"streams": [{"labels": "{app=\"a\"}", "entries": [{"ts": "2026-01-01T00:00:00Z", "line": "line"}]}]}
//
// The body is read by hand: a line goes from the body's bytes to the store's columns without a string in between.
// Source: Loki `pkg/loghttp/query.go`, `pkg/util/unmarshal`. Fields that nobody knows are passed over, a `null` is as if it were not there.

import { isClassicLabelName } from '../../query/scanner.ts';
import { type Labels, labelsOf, NO_LABELS } from '../../query/labels.ts';
import type { LogWrite } from '../write.ts';
import { JsonScanner } from './json-scanner.ts';
import { rfc3339Ns } from './rfc3339.ts';
import { metadataFor, parseStreamLabels } from './stream-labels.ts';

const INT64 = /^-?\d{1,19}$/;
const INT64_MAX = 9_223_372_036_854_775_807n;

/** Fills `write` with a body of `/loki/api/v1/push`. Throws `bad_data` that says where; nothing must be committed then. */
export function readPushJson(body: Uint8Array, write: LogWrite): void {
  readStreams(body, (json) => readStream(json, write));
}

/** Fills `write` with a body of `/api/prom/push`. Throws `bad_data` that says where. */
export function readLegacyPushJson(body: Uint8Array, write: LogWrite): void {
  readStreams(body, (json) => readLegacyStream(json, write));
}

function readStreams(body: Uint8Array, read: (json: JsonScanner) => void): void {
  const json = new JsonScanner(body);
  json.object('the body', (name) => {
    if (name.toLowerCase() !== 'streams') json.skip();
    else listOf(json, 'streams', () => read(json));
  });
  json.end();
}

/** A list of which `null` is one without items, and items that are `null` are none. */
function listOf(json: JsonScanner, what: string, item: () => void): void {
  if (json.kind() === 'null') return json.skip();
  json.array(what, () => (json.kind() === 'null' ? json.skip() : item()));
}

/** A stream's labels may stand behind its values: these are then passed over first, and read from the bytes again. */
function withLabels(json: JsonScanner, names: { readonly labels: string; readonly values: string }, read: StreamReaders): void {
  let labels: Labels | undefined;
  const postponed: number[] = [];
  json.object('a stream', (name) => {
    if (name === names.labels) labels = read.labels();
    else if (name !== names.values) json.skip();
    else if (labels === undefined) {
      postponed.push(json.at);
      json.skip();
    } else read.values(labels);
  });
  const end = json.at;
  for (const at of postponed) {
    json.at = at;
    read.values(labels ?? NO_LABELS);
  }
  json.at = end;
}

interface StreamReaders {
  readonly labels: () => Labels;
  readonly values: (labels: Labels) => void;
}

function readStream(json: JsonScanner, write: LogWrite): void {
  let wrongName: string | undefined;
  withLabels(
    json,
    { labels: 'stream', values: 'values' },
    {
      labels: () => {
        const pairs = readPairs(json, 'stream');
        wrongName = pairs.find(([name]) => !isClassicLabelName(name))?.[0];
        return labelsOf(pairs);
      },
      values: (labels) => {
        listOf(json, 'values', () => {
          if (wrongName === undefined) return readEntry(json, labels, write);
          json.skip();
          write.refuse('invalid_labels', `a stream has the label name ${JSON.stringify(wrongName.slice(0, 100))}, which can be none`);
        });
      },
    },
  );
}

/** `[time, line, {metadata}]`: what stands behind them is passed over. */
function readEntry(json: JsonScanner, labels: Labels, write: LogWrite): void {
  let item = 0;
  let tsNs: bigint | undefined;
  let line: Uint8Array = NO_LINE;
  let metadata: readonly (readonly [string, string])[] = [];
  json.array('an entry', () => {
    if (item === 0) tsNs = nanoseconds(json);
    else if (item === 1) line = json.stringBytes('the line of an entry');
    else if (item === 2) metadata = readPairs(json, 'structured metadata');
    else json.skip();
    item++;
  });
  if (tsNs === undefined) return json.fail('an entry without its time');
  addEntry(write, labels, { tsNs, line, metadata });
}

const NO_LINE = new Uint8Array(0);

interface RawEntry {
  readonly tsNs: bigint;
  readonly line: Uint8Array;
  readonly metadata: readonly (readonly [string, string])[];
}

function addEntry(write: LogWrite, labels: Labels, { tsNs, line, metadata: pairs }: RawEntry): void {
  const metadata = metadataFor(write, pairs);
  if (metadata !== undefined) write.entry(labels, { tsNs, line, metadata });
}

function nanoseconds(json: JsonScanner): bigint {
  const text = json.text('the time of an entry');
  const tsNs = INT64.test(text) ? BigInt(text) : undefined;
  if (tsNs === undefined || tsNs > INT64_MAX || tsNs < -INT64_MAX - 1n)
    return json.fail(`the time of an entry: expected nanoseconds in 64 bits, got ${JSON.stringify(text.slice(0, 40))}`);
  return tsNs;
}

function readPairs(json: JsonScanner, what: string): [string, string][] {
  const pairs: [string, string][] = [];
  json.object(what, (name) => pairs.push([name, json.text(what)]));
  return pairs;
}

function readLegacyStream(json: JsonScanner, write: LogWrite): void {
  withLabels(
    json,
    { labels: 'labels', values: 'entries' },
    {
      labels: () => parseStreamLabels(json.text('labels')),
      values: (labels) => listOf(json, 'entries', () => readLegacyEntry(json, labels, write)),
    },
  );
}

function readLegacyEntry(json: JsonScanner, labels: Labels, write: LogWrite): void {
  let tsNs: bigint | undefined;
  let line: Uint8Array = NO_LINE;
  const metadata: [string, string][] = [];
  json.object('an entry', (name) => {
    if (name === 'ts') tsNs = legacyTime(json);
    else if (name === 'line') line = json.stringBytes('line');
    else if (name === 'structuredMetadata') listOf(json, name, () => metadata.push(readNameValue(json)));
    else json.skip();
  });
  if (tsNs === undefined) return json.fail('an entry without its ts');
  addEntry(write, labels, { tsNs, line, metadata });
}

function legacyTime(json: JsonScanner): bigint {
  const text = json.text('ts');
  return rfc3339Ns(text) ?? json.fail(`ts: expected a time of RFC 3339, got ${JSON.stringify(text.slice(0, 40))}`);
}

function readNameValue(json: JsonScanner): [string, string] {
  const pair: [string, string] = ['', ''];
  json.object('structured metadata', (name) => {
    if (name === 'name') pair[0] = json.text(name);
    else if (name === 'value') pair[1] = json.text(name);
    else json.skip();
  });
  return pair;
}
