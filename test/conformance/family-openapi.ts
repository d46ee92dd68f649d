// Prometheus's published description of its API: every answer must be of the schema that it names for the path and the status.
//
//   requests (the HTTP API's cases, and some for every path of the description) ─▶ answers ─▶ schema
//
// Paths that answer 404 are said to be skipped: the description names what a whole Prometheus has. A string is not asked for, because the
// description of its answer, a list of texts, is not what Prometheus gives.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

import type { Target } from '../harness/client.ts';
import type { Program } from '../harness/program.ts';
import { addressOf, httpApiFile, parseJson, parseLoad, push } from './family-http-api.ts';
import type { Family, Outcome } from './family.ts';

const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        responses: z.record(z.string(), z.looseObject({ content: z.record(z.string(), z.unknown()).optional() })).optional(),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

type Document = z.infer<typeof documentSchema>;

interface Asked {
  readonly method: 'GET' | 'POST';
  /** Below `/api/v1`, with its query. */
  readonly address: string;
}

export const openApiFamily: Family = {
  name: 'OpenAPI',
  claims: (path) => /^prometheus-openapi-.*\.yaml$/.test(path),
  prepare({ file }, setup) {
    const document = documentSchema.parse(parseYaml(readFileSync(file, 'utf8')));
    const beside = join(dirname(file), 'prometheus-http-api.json');
    const cases = existsSync(beside) ? httpApiFile.parse(JSON.parse(readFileSync(beside, 'utf8'))) : undefined;
    const requests = [
      ...ownRequests(document),
      ...(cases?.cases ?? []).map((each): Asked => ({ method: 'GET', address: addressOf(each).replace(/^\/api\/v1/, '') })),
    ];
    const tenant = setup.tenant();
    return async ({ url }: Program) => {
      const target = { url, tenant };
      await push(target, [...parseLoad(LOAD), ...(cases === undefined ? [] : parseLoad(cases.load))]);
      await push(target, [HISTOGRAM, EXEMPLAR]);
      const schemas = new Schemas(document);
      const outcomes: Outcome[] = [];
      for (const each of requests) outcomes.push(await runRequest(target, each, schemas));
      return outcomes;
    };
  },
};

// ── schemas ──

class Schemas {
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: false });
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: Document) {
    this.#document = document;
    formats.default(this.#ajv);
    this.#ajv.addSchema(document, 'openapi');
  }

  /** What is wrong with an answer; undefined when it is as described. */
  problem({ method, address }: Asked, status: number, body: unknown): string | undefined {
    const [path = ''] = address.split('?');
    const described = Object.keys(this.#document.paths).find((each) => new RegExp(`^${each.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path));
    if (described === undefined) return `no such path: ${path}`;
    const operation = method.toLowerCase();
    const responses = this.#document.paths[described]?.[operation]?.responses ?? {};
    const found = String(status) in responses ? String(status) : 'default';
    const type = Object.keys(responses[found]?.content ?? {}).find((each) => each.includes('json'));
    if (type === undefined) return `no JSON is described for ${status}`;
    const pointer = ['paths', described, operation, 'responses', found, 'content', type, 'schema'];
    const validate = this.#validator(
      `openapi#/${pointer.map((each) => encodeURIComponent(each.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`,
    );
    return validate(body) ? undefined : this.#ajv.errorsText(validate.errors);
  }

  #validator(reference: string): ValidateFunction {
    const known = this.#validators.get(reference) ?? this.#ajv.compile({ $ref: reference });
    this.#validators.set(reference, known);
    return known;
  }
}

async function runRequest({ url, tenant }: Required<Target>, asked: Asked, schemas: Schemas): Promise<Outcome> {
  const { method, address } = asked;
  const name = `${method} ${address}`;
  const [path = '', query = ''] = address.split('?');
  const response =
    method === 'GET'
      ? await fetch(`${url}/prom/api/v1${address}`, { headers: { 'x-scope-orgid': tenant } })
      : await fetch(`${url}/prom/api/v1${path}`, {
          method,
          headers: { 'x-scope-orgid': tenant, 'content-type': 'application/x-www-form-urlencoded' },
          body: query,
        });
  const text = await response.text();
  if (response.status === 404) return { kind: 'skipped', name, reason: `${path} is not there` };
  const body = parseJson(text);
  const got = `${response.status} ${text.slice(0, 200)}`;
  if (body === undefined) return { kind: 'failed', name, expected: 'JSON', got };
  const problem = schemas.problem(asked, response.status, body);
  return problem === undefined
    ? { kind: 'passed', name }
    : { kind: 'failed', name, expected: 'an answer of its schema', got: `${problem}: ${got}` };
}

// ── requests of our own ──

const LOAD = `load 30s
  boats{harbour="north"} 0+3x20
  boats{harbour="south"} 5 7 NaN Inf -Inf
  tide_bucket{le="1"} 1+1x20
  tide_bucket{le="+Inf"} 2+2x20`;

const HISTOGRAM = {
  labels: { __name__: 'waves' },
  histograms: [0, 30_000, 60_000].map((ts) => ({
    ts,
    kind: 'integer' as const,
    count: 6,
    sum: 3,
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: 1,
    positiveSpans: [{ offset: 0, length: 2 }],
    positive: [2, 1],
    negativeSpans: [],
    negative: [],
    customValues: [],
  })),
};

const EXEMPLAR = { labels: { __name__: 'boats', harbour: 'north' }, exemplars: [{ labels: { trace_id: 'a1' }, value: 3, ts: 30_000 }] };

const EXPRESSIONS = [
  '1 + 1',
  'boats',
  'boats[5m]',
  'waves',
  'waves[5m]',
  'sum by (harbour) (rate(boats[2m]))',
  'rate(boats[2m])',
  'histogram_quantile(0.9, tide_bucket)',
  'sum({__name__=~"boats|waves"})',
  'boats @ end() offset -30s',
  'boats + on (harbour) group_left (x) fill (0) boats',
  '-boats unless boats > bool 3',
  'max_over_time(boats[2m:30s])',
  'quantile_over_time(0.5, boats[2m] anchored)',
  'topk(1, boats)',
  'boats{harbour!~"n.*"} or vector(1)',
  'absent(nothing)',
  'boats +',
  'nothing_of_this_name()',
  'label_replace(boats, "__name__", "one", "", "")',
];

/** Parameters by which paths are asked besides none. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  '/labels': ['', 'match[]=boats', 'limit=1', 'start=x'],
  '/label/{name}/values': ['', 'match[]=boats', 'limit=1'],
  '/series': ['match[]=boats', 'match[]=boats&limit=1', 'match[]={}'],
  '/metadata': ['', 'limit=1', 'metric=boats', 'limit=x'],
  '/query_exemplars': ['query=boats', 'query=boats&start=0&end=100', 'query='],
  '/targets': ['', 'state=active', 'state=dropped'],
  '/targets/metadata': ['', 'limit=1'],
  '/targets/relabel_steps': ['', 'scrapePool=x'],
  '/scrape_pools/config': ['scrape_pool=x'],
  '/rules': ['', 'type=alert', 'type=x'],
};

function ownRequests({ paths }: Document): Asked[] {
  const requests: Asked[] = [];
  for (const [path, methods] of Object.entries(paths)) {
    for (const method of ['GET', 'POST'] as const) {
      if (!(method.toLowerCase() in methods) || /^\/(admin|search|read|write|otlp|notifications\/live)\b/.test(path)) continue;
      for (const parameters of parametersOf(path)) requests.push({ method, address: `${path.replace('{name}', 'harbour')}?${parameters}` });
    }
  }
  return requests;
}

function parametersOf(path: string): readonly string[] {
  const queries = EXPRESSIONS.map((expr) => `query=${encodeURIComponent(expr)}`);
  if (path === '/query') return queries.flatMap((each) => [`${each}&time=60`, `${each}&time=60&stats=all&limit=1`]);
  if (path === '/query_range')
    return queries.flatMap((each) => [`${each}&start=0&end=120&step=30`, `${each}&start=0&end=120&step=30&stats=all&limit=1`]);
  if (path === '/format_query' || path === '/parse_query') return queries;
  return PARAMETERS[path] ?? [''];
}
