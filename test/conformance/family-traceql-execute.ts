// TraceQL over spans: traces that are sent as OTLP, a query, and the spansets that must come back.
//
//   case ─▶ ids and parents made up of nested-set numbers ─▶ one push ─▶ /api/search ─▶ spans and attributes of spansets compared
//
// Spans and spansets compare without order: the API promises none. A number that a case gives an attribute as a duration is sent as an int, since
// OTLP has no durations and TraceQL compares the two alike.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { printGoDuration } from '../../src/logs/logql/units.ts';
import { post } from '../harness/client.ts';
import type { Target } from '../harness/client.ts';
import type { Program } from '../harness/program.ts';
import { compare, print } from './family.ts';
import type { Family, Outcome } from './family.ts';

const valueSchema = z.object({ type: z.string(), value: z.unknown().optional() });
const spanSchema = z.object({
  /** An attribute that is nil is none. */
  attrs: z
    .record(z.string(), valueSchema)
    .transform((attrs) => Object.fromEntries(Object.entries(attrs).filter(([, { type }]) => type !== 'nil'))),
  /** Parent, left and right, in nested-set numbers; a parent below 1 is none. */
  nested: z.tuple([z.number(), z.number(), z.number()]).optional(),
});
const caseSchema = z.object({
  query: z.string(),
  traces: z.array(z.array(spanSchema)),
  /** Each span by the place of its trace and its own place in it. */
  expected: z
    .array(
      z.object({
        spans: z.array(z.tuple([z.number(), z.number()])),
        extra: z.object({ Attributes: z.array(z.object({ Name: z.string(), Val: valueSchema })).optional() }).optional(),
      }),
    )
    .default([]),
  expectError: z.boolean().default(false),
});

type Case = z.infer<typeof caseSchema>;
type CaseSpan = z.infer<typeof spanSchema>;
type CaseValue = z.infer<typeof valueSchema>;
type Json = Readonly<Record<string, unknown>>;

export const traceqlExecuteFamily: Family = {
  name: 'TraceQL over spans',
  claims: (path) => path === 'traceql-execute.json',
  prepare({ file }, setup) {
    const cases = z.array(caseSchema).parse(JSON.parse(readFileSync(file, 'utf8')));
    const asked = cases.map((each) => ({ each, tenant: setup.tenant() }));
    return async ({ url }: Program) => {
      const outcomes: Outcome[] = [];
      for (const { each, tenant } of asked) outcomes.push(await runCase({ url, tenant }, each));
      return outcomes;
    };
  },
};

/** The cases evaluate a pattern that is no literal, and find nothing; over the API the peer refuses such a query before, and so do we. */
const REFUSED_BEFORE = 'invalid type for =~';

async function runCase(target: Target, each: Case): Promise<Outcome> {
  const { query: name } = each;
  const unsendable = each.traces.flat().flatMap(({ attrs }) => Object.entries(attrs).filter(([key, value]) => !isSendable(key, value)));
  if (unsendable.length > 0) return { kind: 'skipped', name, reason: `OTLP cannot carry ${print(unsendable)}` };
  const places = new Map<string, readonly [number, number]>();
  await push(target, resourcesOf(each, places));
  const found = await search(target, name);
  if (typeof found === 'string') {
    const isAgreed = each.expectError || (each.expected.length === 0 && found.includes(REFUSED_BEFORE));
    return isAgreed ? { kind: 'passed', name } : { kind: 'failed', name, expected: print(each.expected), got: found };
  }
  if (each.expectError) return { kind: 'failed', name, expected: 'an error', got: print(found) };
  const expected = each.expected.map(({ spans, extra }) => ({
    spans: spans.toSorted(bySpan),
    attributes: (extra?.Attributes ?? []).map(({ Name, Val }) => ({ key: Name, value: answerValue(Val) })),
  }));
  const got = found.map(({ spans, attributes }) => ({
    spans: spans.flatMap(({ spanID }) => [places.get(spanID) ?? ([-1, -1] as const)]).toSorted(bySpan),
    attributes,
  }));
  return compare(name, expected.toSorted(byText), got.toSorted(byText));
}

function bySpan([traceA, spanA]: readonly [number, number], [traceB, spanB]: readonly [number, number]): number {
  return traceA - traceB || spanA - spanB;
}

function byText(a: unknown, b: unknown): number {
  return print(a) < print(b) ? -1 : 1;
}

// What is sent.

const HOUR_NS = 3_600_000_000_000n;
const START_NS = BigInt(Date.now() - 60_000) * 1_000_000n;
let traceCount = 0;

/** A resource for every span, for each may have attributes of its own. Fills in which span has which id. */
function resourcesOf(each: Case, places: Map<string, readonly [number, number]>): readonly Json[] {
  const crosses = each.expected.some(({ spans }) => new Set(spans.map(([trace]) => trace)).size > 1);
  // The peer's function takes spansets of anywhere; over the API those that are united are of one trace.
  const common = crosses ? ++traceCount : undefined;
  return each.traces.flatMap((spans, trace) => {
    const traceNumber = common ?? ++traceCount;
    const ids = spans.map((_, at) => spanId(traceNumber, trace * 1000 + at + 1));
    ids.forEach((id, at) => places.set(id, [trace, at]));
    const traceId = traceNumber.toString(16).padStart(32, '0');
    const parents = new Parents(spans, ids, traceNumber);
    const sent = spans.map((span, at) => resourceOf(span, { traceId, spanId: ids[at] ?? '', parentSpanId: parents.of(span) }));
    return [...sent, ...parents.fillers.map((filler) => bareResource({ traceId, ...filler, ...times(START_NS - 3n * HOUR_NS, 1n) }))];
  });
}

function spanId(trace: number, number: number): string {
  return `${trace.toString(16).padStart(8, '0')}${number.toString(16).padStart(8, '0')}`;
}

interface Filler {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId: string;
}

/** Ids of parents. A parent that is not in the case, but lies within a span that is, is sent long before the time that is asked about. */
class Parents {
  readonly #spans: readonly CaseSpan[];
  readonly #ids: readonly string[];
  readonly #trace: number;
  readonly #fillers = new Map<number, Filler>();

  constructor(spans: readonly CaseSpan[], ids: readonly string[], trace: number) {
    this.#spans = spans;
    this.#ids = ids;
    this.#trace = trace;
  }

  get fillers(): readonly Filler[] {
    return [...this.#fillers.values()];
  }

  of({ nested }: CaseSpan): string {
    if (nested === undefined || nested[0] < 1) return '';
    const [parent, left, right] = nested;
    const known = this.#spans.findIndex((span) => span.nested?.[1] === parent);
    if (known >= 0) return this.#ids[known] ?? '';
    const id = spanId(this.#trace, 0x10_0000 + parent);
    const around = this.#spans
      .map((span, at) => ({ at, bounds: span.nested }))
      .filter(({ bounds }) => bounds !== undefined && bounds[1] < left && bounds[2] > right)
      .sort((a, b) => (b.bounds?.[1] ?? 0) - (a.bounds?.[1] ?? 0))[0];
    if (around !== undefined) this.#fillers.set(parent, { name: 'filler', spanId: id, parentSpanId: this.#ids[around.at] ?? '' });
    return id;
  }
}

function resourceOf({ attrs }: CaseSpan, ids: Json): Json {
  const of = (scopes: readonly string[]): readonly Json[] =>
    Object.entries(attrs).flatMap(([key, value]) => {
      const scope = scopes.find((each) => key.startsWith(`${each}.`));
      return scope === undefined ? [] : [{ key: key.slice(scope.length + 1), value: otlpValue(value) }];
    });
  const intrinsics = Object.entries(attrs).map(([key, value]) => intrinsicOf(key, value));
  const span = Object.assign({ name: '', ...times(START_NS, 0n), ...ids, attributes: of(['', 'span']) }, ...intrinsics);
  return { resource: { attributes: of(['resource']) }, scopeSpans: [{ spans: [span] }] };
}

function bareResource(span: Json): Json {
  return { scopeSpans: [{ spans: [span] }] };
}

function times(startNs: bigint, durationNs: bigint): Json {
  return { startTimeUnixNano: String(startNs), endTimeUnixNano: String(startNs + durationNs) };
}

const STATUSES = ['unset', 'ok', 'error'];
const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

/** What an intrinsic is in a span of OTLP; nothing for an attribute. */
function intrinsicOf(key: string, { value }: CaseValue): Json {
  switch (key) {
    case 'name':
      return { name: value };
    case 'statusMessage':
      return { status: { message: value } };
    case 'duration':
      return times(START_NS, BigInt(Number(value)));
    case 'status':
      return { status: { code: STATUSES.indexOf(String(value)) } };
    case 'kind':
      return { kind: KINDS.indexOf(String(value)) };
    default:
      return {};
  }
}

const INTRINSICS = new Set(['name', 'statusMessage', 'duration', 'status', 'kind']);
const ATTRIBUTE_TYPES = new Set(['string', 'int', 'double', 'bool', 'duration_ns', 'string[]', 'int[]', 'double[]', 'bool[]']);

function isSendable(key: string, { type }: CaseValue): boolean {
  return INTRINSICS.has(key) || (/^(span|resource)?\../.test(key) && ATTRIBUTE_TYPES.has(type));
}

function otlpValue({ type, value }: CaseValue): Json {
  if (type.endsWith('[]')) {
    const element = type.slice(0, -2);
    return {
      arrayValue: {
        values: z
          .array(z.unknown())
          .parse(value)
          .map((each) => otlpValue({ type: element, value: each })),
      },
    };
  }
  switch (type) {
    case 'int':
    case 'duration_ns':
      return { intValue: String(value) };
    case 'double':
      return { doubleValue: value };
    case 'bool':
      return { boolValue: value };
    default:
      return { stringValue: value };
  }
}

async function push(target: Target, resourceSpans: readonly Json[]): Promise<void> {
  if (resourceSpans.length === 0) return;
  const sent = { body: JSON.stringify({ resourceSpans }), headers: { 'content-type': 'application/json' } };
  const { status, text } = await post(target, '/v1/traces', sent);
  if (status !== 200) throw new Error(`the spans were refused: ${status} ${text}`);
}

// What comes back.

const answerSchema = z.object({
  traces: z
    .array(
      z.object({
        spanSets: z
          .array(
            z.object({
              spans: z.array(z.object({ spanID: z.string() })).default([]),
              attributes: z.array(z.object({ key: z.string(), value: z.unknown() })).default([]),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

type FoundSpanset = z.infer<typeof answerSchema>['traces'][number]['spanSets'][number];

/** The spansets of all traces; a text where the query was refused. */
async function search(target: Target, query: string): Promise<readonly FoundSpanset[] | string> {
  const startS = START_NS / 1_000_000_000n;
  const parameters = new URLSearchParams({
    q: query,
    limit: '100',
    spss: '100',
    start: String(startS - 600n),
    end: String(startS + 3600n),
  });
  const response = await fetch(`${target.url}/api/search?${parameters.toString()}`, { headers: { 'x-scope-orgid': target.tenant ?? '' } });
  const text = await response.text();
  if (response.status !== 200) return `${response.status} ${text}`;
  return answerSchema.parse(JSON.parse(text)).traces.flatMap(({ spanSets }) => spanSets);
}

/** A value as the API writes it. */
function answerValue(value: CaseValue): Json {
  if (value.type === 'nil') return { stringValue: 'nil' };
  return value.type === 'duration_ns' ? { stringValue: printGoDuration(Number(value.value)) } : otlpValue(value);
}
