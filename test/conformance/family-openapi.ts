// Prometheus's published description of its API: every answer must be of the schema that it names for the path and the status.
//
//   requests (the HTTP API's cases, and those of `openapi-requests.ts` for every path and method) ─▶ answers ─▶ schema
//
// Where Prometheus itself answers otherwise than its description says, its answer counts: 204 and no body after a deletion, lines of JSON where a
// text is described, and the answers of remote write, remote read and OTLP, which are of their own protocols and have families of their own.

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
import { type Asked, EXEMPLAR, HISTOGRAM, JOB_RULES, LOAD, PAGE, requestsFor } from './openapi-requests.ts';
import { upOfJobs } from './scraped.ts';

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

export const openApiFamily: Family = {
  name: 'OpenAPI',
  claims: (path) => /^prometheus-openapi-.*\.yaml$/.test(path),
  prepare({ file }, setup) {
    const document = documentSchema.parse(parseYaml(readFileSync(file, 'utf8')));
    const beside = join(dirname(file), 'prometheus-http-api.json');
    const cases = existsSync(beside) ? httpApiFile.parse(JSON.parse(readFileSync(beside, 'utf8'))) : undefined;
    const job = setup.scrape({ body: Buffer.from(PAGE), contentType: 'text/plain', config: { relabel_configs: JOB_RULES } });
    const requests = [
      ...requestsFor(document.paths, job),
      ...(cases?.cases ?? []).map((each): Asked => ({
        method: 'GET',
        address: addressOf(each).replace(/^\/api\/v1/, ''),
        expected: 'any',
      })),
    ];
    const tenant = setup.tenant();
    return async (program: Program) => {
      const target = { url: program.url, tenant };
      await upOfJobs(program, [job]);
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
  problem({ method, address }: Asked, { status, type, text }: Answer): string | undefined {
    const [path = ''] = address.split('?');
    const described = Object.keys(this.#document.paths).find((each) => new RegExp(`^${each.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path));
    if (described === undefined) return `no such path: ${path}`;
    const operation = method.toLowerCase();
    const responses = this.#document.paths[described]?.[operation]?.responses ?? {};
    const found = String(status) in responses ? String(status) : 'default';
    const types = Object.keys(responses[found]?.content ?? {});
    if (types.includes(LINES_TYPE)) return type.startsWith(LINES_TYPE) ? linesProblem(text) : `not ${LINES_TYPE} but ${type}`;
    const json = types.find((each) => each.includes('json'));
    if (json === undefined) return `no JSON is described for ${status}`;
    const body = parseJson(text);
    if (body === undefined || !type.startsWith('application/json')) return `not JSON but ${type}`;
    const pointer = ['paths', described, operation, 'responses', found, 'content', json, 'schema'];
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

const LINES_TYPE = 'application/x-ndjson';

const searchLines = z.object({
  batches: z
    .array(
      z.strictObject({
        results: z.array(
          z.union([
            z.strictObject({ value: z.string(), score: z.number().optional() }),
            z.strictObject({
              name: z.string(),
              score: z.number().optional(),
              type: z.string().optional(),
              help: z.string().optional(),
              unit: z.string().optional(),
            }),
          ]),
        ),
        warnings: z.array(z.string()).optional(),
      }),
    )
    .min(1),
  end: z.strictObject({ status: z.literal('success'), has_more: z.boolean(), warnings: z.array(z.string()).optional() }),
});

/** What is wrong with the lines of a search: batches of results, and a last line that says how it ended. */
function linesProblem(text: string): string | undefined {
  if (!text.endsWith('\n')) return 'the last line has no end';
  const lines = text.slice(0, -1).split('\n').map(parseJson);
  const checked = searchLines.safeParse({ batches: lines.slice(0, -1), end: lines.at(-1) });
  return checked.success ? undefined : z.prettifyError(checked.error);
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Scraped data belongs to whoever names no tenant. */
const SCRAPED = /^\/(?:targets|scrape_pools)\b/;

async function runRequest({ url, tenant }: Pick<Required<Target>, 'url' | 'tenant'>, asked: Asked, schemas: Schemas): Promise<Outcome> {
  const { method, address, body } = asked;
  const name = `${method} ${address}`;
  const [path = '', query = ''] = address.split('?');
  const own: Record<string, string> = SCRAPED.test(address) ? {} : { 'x-scope-orgid': tenant };
  const isForm = method === 'POST' && body === undefined;
  const response = await fetch(`${url}/prom/api/v1${isForm ? path : address}`, {
    method,
    headers: { ...own, ...(isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : body?.headers) },
    ...(isForm ? { body: query } : body === undefined ? {} : { body: new Uint8Array(body.bytes) }),
  });
  const answer = { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
  const got = `${answer.status} ${answer.text.slice(0, 200)}`;
  if (!isExpected(asked, answer.status)) return { kind: 'failed', name, expected: asked.expected, got };
  const isDone = answer.status === 204 && answer.text === '';
  const problem = isDone || body !== undefined ? undefined : schemas.problem(asked, answer);
  return problem === undefined
    ? { kind: 'passed', name }
    : { kind: 'failed', name, expected: 'an answer of its schema', got: `${problem}: ${got}` };
}

function isExpected({ expected }: Asked, status: number): boolean {
  if (status === 405) return false;
  if (expected === 'any') return true;
  return expected === 'success' ? status < 300 : status >= 400;
}
