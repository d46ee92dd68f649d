// Stages of LogQL: one pipeline over one line, with the labels, structured metadata and time that it is given.
//
//   cases ─▶ one push, a stream per case ─▶ a query per case ─▶ labels, lines and values compared
//
// A label of its own tells the stream of each case; it is taken away again before labels are compared.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { post } from '../harness/client.ts';
import type { Target } from '../harness/client.ts';
import type { Program } from '../harness/program.ts';
import { compare, print } from './family.ts';
import type { Family, Outcome } from './family.ts';

const labels = z.record(z.string(), z.string());

const caseSchema = z.object({
  group: z.string(),
  name: z.string(),
  stage: z.string(),
  line: z.string().optional(),
  lines: z.array(z.string()).optional(),
  labels: labels.default({}),
  structuredMetadata: labels.default({}),
  tsNanos: z.coerce.bigint().optional(),
  /** A key of JSON, and the name of the label that comes of it. */
  key: z.string().optional(),
  expectKey: z.string().optional(),
  grouping: z.string().default(''),
  expectLabels: labels.optional(),
  expectLabelsSubset: labels.optional(),
  expectCaptures: labels.optional(),
  expectLine: z.string().optional(),
  expectKept: z.boolean().optional(),
  expectKeptIndexes: z.array(z.number()).optional(),
  expectValue: z.number().optional(),
  expectQueryError: z.boolean().optional(),
});

type Case = z.infer<typeof caseSchema>;

/** Lines of a case without a time of its own, in nanoseconds. */
const START_NS = BigInt(Date.now() - 60_000) * 1_000_000n;
const CASE_LABEL = 'conformance_case';
const RELATIVE_ERROR = 1e-9;

export const logqlStagesFamily: Family = {
  name: 'LogQL stages',
  claims: (path) => path === 'logql-stages.json',
  prepare({ file }, setup) {
    const cases = z.array(caseSchema).parse(parseExact(readFileSync(file, 'utf8')));
    // What Sightline finds out about lines by itself is no part of the cases.
    const tenant = setup.tenant({ logs: { discoverServiceName: [], discoverLevels: false } });
    return async ({ url }: Program) => {
      const target = { url, tenant };
      await push(target, cases.map(streamOf));
      const outcomes: Outcome[] = [];
      for (const [number, each] of cases.entries()) outcomes.push(await runCase(target, each, number));
      return outcomes;
    };
  },
};

/** JSON with times as texts: nanoseconds are no doubles. */
function parseExact(text: string): unknown {
  return JSON.parse(text.replaceAll(/"tsNanos":\s*(\d+)/g, '"tsNanos":"$1"'));
}

interface SentStream {
  readonly stream: Readonly<Record<string, string>>;
  /** Time in nanoseconds, line and structured metadata. */
  readonly values: readonly (readonly [string, string, Readonly<Record<string, string>>])[];
}

function streamOf({ line, lines, key, labels: stream, structuredMetadata, tsNanos = START_NS }: Case, number: number): SentStream {
  const texts = lines ?? [key === undefined ? (line ?? '') : JSON.stringify({ [key]: 'found' })];
  return {
    stream: { ...stream, [CASE_LABEL]: String(number) },
    values: texts.map((text, index) => [String(tsNanos + BigInt(index)), text, structuredMetadata]),
  };
}

async function push(target: Target, streams: readonly SentStream[]): Promise<void> {
  const sent = { body: JSON.stringify({ streams }), headers: { 'content-type': 'application/json' } };
  const { status, text } = await post(target, '/loki/api/v1/push', sent);
  if (status >= 300) throw new Error(`the lines were refused: ${status} ${text}`);
}

const streamSchema = z.object({ stream: labels, values: z.array(z.tuple([z.string(), z.string()]).rest(z.unknown())) });
const sampleSchema = z.object({ metric: labels, value: z.tuple([z.number(), z.string()]) });
const answerSchema = z.object({
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('streams'), result: z.array(streamSchema) }),
    z.object({ resultType: z.literal('vector'), result: z.array(sampleSchema) }),
  ]),
});

/** What came of a query; `error` is the body of one that failed. */
type LokiAnswer =
  | { readonly kind: 'failed'; readonly httpStatus: number; readonly error: string }
  | { readonly kind: 'streams'; readonly streams: readonly z.infer<typeof streamSchema>[] }
  | { readonly kind: 'vector'; readonly samples: readonly z.infer<typeof sampleSchema>[] };

async function ask(target: Target, path: 'query' | 'query_range', parameters: Readonly<Record<string, string>>): Promise<LokiAnswer> {
  const { status, text } = await post(target, `/loki/api/v1/${path}`, {
    body: new URLSearchParams(parameters).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  if (status !== 200) return { kind: 'failed', httpStatus: status, error: text };
  const { data } = answerSchema.parse(JSON.parse(text));
  return data.resultType === 'streams' ? { kind: 'streams', streams: data.result } : { kind: 'vector', samples: data.result };
}

async function runCase(target: Target, each: Case, number: number): Promise<Outcome> {
  const name = `${each.group}: ${each.name} ${each.stage}`;
  const query = `{${CASE_LABEL}="${number}"} ${each.stage}`;
  const { tsNanos: from = START_NS, lines = [] } = each;
  if (each.expectValue !== undefined) return runUnwrap(target, each, { name, query, at: from });
  const answer = await ask(target, 'query_range', {
    query,
    start: String(from),
    end: String(from + BigInt(Math.max(lines.length, 1))),
    limit: '100',
    direction: 'forward',
  });
  if (each.expectQueryError !== undefined && each.line === undefined) {
    return compare(name, each.expectQueryError ? 400 : 200, answer.kind === 'failed' ? answer.httpStatus : 200);
  }
  if (answer.kind !== 'streams') return { kind: 'failed', name, expected: 'lines', got: print(answer) };
  const entries = answer.streams.flatMap(({ stream, values }) =>
    values.map(([tsNs, line]) => ({ labels: withoutCase(stream), index: Number(BigInt(tsNs) - from), line })),
  );
  return compareEntries(name, each, entries);
}

interface Entry {
  readonly labels: Readonly<Record<string, string>>;
  /** Number of the line among those of the case. */
  readonly index: number;
  readonly line: string;
}

function compareEntries(name: string, each: Case, entries: readonly Entry[]): Outcome {
  const kept = entries.map(({ index }) => index).sort((a, b) => a - b);
  if (each.expectKeptIndexes !== undefined) return compare(name, each.expectKeptIndexes, kept);
  const [entry] = entries;
  if (each.expectKept === false || entry === undefined) return compare(name, each.expectKept === false ? [] : [0], kept);
  const wanted =
    each.expectKey === undefined ? withoutEmpty(each, each.expectLabels ?? each.expectCaptures) : { [each.expectKey]: 'found' };
  return compare(
    name,
    { labels: wanted ?? { ...entry.labels, ...each.expectLabelsSubset }, line: each.expectLine ?? entry.line, lines: 1 },
    { labels: entry.labels, line: entry.line, lines: entries.length },
  );
}

/** A stream cannot have a label without a value: such a one is not expected back. */
function withoutEmpty({ labels: sent }: Case, expected: Case['expectLabels']): Case['expectLabels'] {
  return expected && Object.fromEntries(Object.entries(expected).filter(([name, value]) => value !== '' || sent[name] !== ''));
}

function withoutCase(stream: Readonly<Record<string, string>>): Record<string, string> {
  const { [CASE_LABEL]: _, ...rest } = stream;
  return rest;
}

/** A value that is no number fails the query, with the error's name in its message. */
async function runUnwrap(
  target: Target,
  { grouping, expectValue = 0, expectLabels = {} }: Case,
  { name, query, at }: { readonly name: string; readonly query: string; readonly at: bigint },
): Promise<Outcome> {
  const answer = await ask(target, 'query', { query: `first_over_time(${query} [1m]) ${grouping}`, time: String(at + 1_000_000_000n) });
  const { __error__: error } = expectLabels;
  if (error !== undefined || answer.kind !== 'vector') {
    const got =
      answer.kind === 'failed' && answer.error.includes(error ?? '') ? `${answer.httpStatus} ${error ?? answer.error}` : print(answer);
    return compare(name, error === undefined ? 'a value' : `400 ${error}`, got);
  }
  const [sample] = answer.samples;
  const value = Number(sample?.value[1]);
  const isClose = Math.abs(value - expectValue) <= RELATIVE_ERROR * Math.abs(expectValue);
  return compare(
    name,
    { labels: expectLabels, value: expectValue },
    { labels: withoutCase(sample?.metric ?? {}), value: isClose ? expectValue : value },
  );
}
