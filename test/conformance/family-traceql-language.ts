// TraceQL as a language: what is a query and what is none, its canonical text, and what names mean.
//
//   query ─▶ /api/traceql/parse: the text or the parser's error ─▶ /api/search or /api/metrics/query_range: taken, or refused with 400
//
// An identifier resolves to a field. Where the cases name an intrinsic by the peer's own constant, its spelling in a query stands for it.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import type { Program } from '../harness/program.ts';
import { compare } from './family.ts';
import type { Family, Outcome } from './family.ts';

const validitySchema = z.record(z.enum(['valid', 'parse_fails', 'validate_fails', 'unsupported']), z.array(z.string()));
const parserSchema = z.array(z.object({ expr: z.string(), ok: z.boolean(), err: z.string().optional(), canonical: z.string().optional() }));
const identifierSchema = z.array(z.object({ identifier: z.string(), ok: z.boolean(), resolves: z.string().optional() }));

const explainedSchema = z.object({
  kind: z.enum(['spans', 'metrics']).optional(),
  canonical: z.string().optional(),
  problem: z.string().optional(),
  resolves: z.string().optional(),
  error: z.string().optional(),
});

type Validity = 'valid' | 'parse_fails' | 'validate_fails' | 'unsupported';

const TAKEN = 'taken: 200';
const REFUSED = 'refused: 400';

export const traceqlLanguageFamily: Family = {
  name: 'TraceQL language',
  claims: (path) => path === 'traceql.json' || path === 'traceql-parser.json' || path === 'traceql-identifiers.json',
  prepare({ path, file }, setup) {
    const cases: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const tenant = setup.tenant();
    const ask = askerOf(path, cases);
    return async ({ url }: Program) => ask({ url, tenant });
  },
};

interface Asked {
  readonly url: string;
  readonly tenant: string;
}

function askerOf(path: string, cases: unknown): (asked: Asked) => Promise<Outcome[]> {
  switch (path) {
    case 'traceql.json': {
      const groups = Object.entries(validitySchema.parse(cases)).flatMap(([kind, queries]) =>
        queries.map((query) => ({ kind: z.enum(['valid', 'parse_fails', 'validate_fails', 'unsupported']).parse(kind), query })),
      );
      return (asked) => inTurn(groups, ({ kind, query }) => validityOf(asked, kind, query));
    }
    case 'traceql-parser.json':
      return (asked) => inTurn(parserSchema.parse(cases), (each) => parsing(asked, each));
    default:
      return (asked) => inTurn(identifierSchema.parse(cases), (each) => resolving(asked, each));
  }
}

async function inTurn<Case>(cases: readonly Case[], run: (each: Case) => Promise<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const each of cases) outcomes.push(await run(each));
  return outcomes;
}

async function get(
  { url, tenant }: Asked,
  path: string,
  parameters: Readonly<Record<string, string>>,
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}${path}?${new URLSearchParams(parameters).toString()}`, { headers: { 'X-Scope-OrgID': tenant } });
  return { status: response.status, text: await response.text() };
}

async function explain(asked: Asked, path: string, parameters: Readonly<Record<string, string>>): Promise<z.infer<typeof explainedSchema>> {
  return explainedSchema.parse(JSON.parse((await get(asked, path, parameters)).text));
}

/** A query that does not parse is refused by both routes that run queries; any other is asked of the one that runs its kind. */
async function validityOf(asked: Asked, kind: Validity, query: string): Promise<Outcome> {
  const explained = await explain(asked, '/api/traceql/parse', { q: query });
  const known = explained.error !== undefined ? 'parse_fails' : explained.problem === undefined ? 'valid' : 'validate_fails';
  const isUnsupported = explained.problem?.endsWith(' not yet supported') === true;
  const ran =
    explained.kind === 'metrics'
      ? await get(asked, '/api/metrics/query_range', { q: query, since: '1h', step: '60s' })
      : await get(asked, '/api/search', { q: query });
  const got = `${known === 'validate_fails' && isUnsupported ? 'unsupported' : known}, ${ran.status === 200 ? TAKEN : `refused: ${ran.status}`}`;
  return compare(query, `${kind}, ${kind === 'valid' ? TAKEN : REFUSED}`, got);
}

async function parsing(asked: Asked, { expr, ok, err, canonical }: z.infer<typeof parserSchema>[number]): Promise<Outcome> {
  const explained = await explain(asked, '/api/traceql/parse', { q: expr });
  const expected = { parses: ok, ...(err === undefined ? {} : { err }), ...(canonical === undefined ? {} : { canonical }) };
  const got = {
    parses: explained.error === undefined,
    ...(err === undefined ? {} : { err: explained.error }),
    ...(canonical === undefined ? {} : { canonical: explained.canonical }),
  };
  return compare(expr, expected, got);
}

async function resolving(asked: Asked, { identifier, ok, resolves }: z.infer<typeof identifierSchema>[number]): Promise<Outcome> {
  const explained = await explain(asked, '/api/traceql/identifier', { identifier });
  if (!ok) return compare(identifier, 'refused', explained.error === undefined ? `resolves to ${explained.resolves}` : 'refused');
  return compare(identifier, CONSTANTS[resolves ?? ''] ?? resolves, explained.resolves ?? `refused: ${explained.error}`);
}

/** The peer's constants of intrinsics. */
const CONSTANTS: Readonly<Record<string, string>> = {
  IntrinsicDuration: 'duration',
  IntrinsicName: 'name',
  IntrinsicStatus: 'status',
  IntrinsicStatusMessage: 'statusMessage',
  IntrinsicKind: 'kind',
  IntrinsicChildCount: 'span:childCount',
  IntrinsicEventName: 'event:name',
  IntrinsicEventTimeSinceStart: 'event:timeSinceStart',
  IntrinsicLinkSpanID: 'link:spanID',
  IntrinsicLinkTraceID: 'link:traceID',
  IntrinsicInstrumentationName: 'instrumentation:name',
  IntrinsicInstrumentationVersion: 'instrumentation:version',
  IntrinsicTraceRootService: 'rootServiceName',
  IntrinsicTraceRootSpan: 'rootName',
  IntrinsicTraceDuration: 'traceDuration',
  IntrinsicTraceID: 'trace:id',
  IntrinsicNestedSetLeft: 'nestedSetLeft',
  IntrinsicNestedSetRight: 'nestedSetRight',
  IntrinsicNestedSetParent: 'nestedSetParent',
  IntrinsicParent: 'parent',
  IntrinsicSpanID: 'span:id',
  IntrinsicParentID: 'span:parentID',
};
