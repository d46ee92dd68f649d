// `detected_fields`, `detected_field/:name/values`: the fields of a query's newest lines.
//
// Source: Loki HTTP API documentation, "Query detected fields".

import { type ReadContext, guarded } from '../metrics/read.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { type LogsApiOptions, getAndPost } from './api-context.ts';
import { limitParam, rangeParams } from './api-params.ts';
import { queryLines } from './api-query.ts';
import { type LineSample, detectFields, fieldValues } from './detect-fields.ts';

const DEFAULT_FIELDS = 1000;
const DEFAULT_LINES = 100;
/** Fields or values that one answer may hold, whatever is asked for. */
const FIELDS_MAX = 10_000;

/** The routes of fields. */
export function fieldRoutes(options: LogsApiOptions): readonly Route[] {
  return [
    ...getAndPost('/loki/api/v1/detected_fields', 'Fields of the newest lines of a query.', (request) => fields(options, request)),
    ...getAndPost('/loki/api/v1/detected_field/:name/values', 'Values of a field in the newest lines of a query.', (request) =>
      values(options, request),
    ),
  ];
}

async function fields(options: LogsApiOptions, request: Request): Promise<Reply> {
  const { context, sample } = await lineSample(options, request);
  return json({ fields: await guarded(context, () => detectFields(sample)), limit: sample.limit });
}

async function values(options: LogsApiOptions, request: Request): Promise<Reply> {
  const { context, sample } = await lineSample(options, request);
  return json({ values: await guarded(context, () => fieldValues(sample, request.params['name'] ?? '')), limit: sample.limit });
}

interface Sampled {
  readonly context: ReadContext;
  readonly sample: LineSample;
}

async function lineSample(options: LogsApiOptions, request: Request): Promise<Sampled> {
  const { query } = request;
  const { fromNs, toNs } = rangeParams(query, options.clock.now());
  const text = query.get('query') ?? '';
  const lines = limitParam(query, 'line_limit', DEFAULT_LINES);
  // The older name of the parameter holds where the newer one is not given.
  const limit = limitParam(query, (query.get('limit') ?? '') === '' ? 'field_limit' : 'limit', DEFAULT_FIELDS);
  const asked = { text, startNs: fromNs, endNs: toNs, stepNs: undefined, limit: lines, direction: 'backward' } as const;
  const { context, answer } = await queryLines(options, request, asked);
  const entries = answer.value.kind === 'streams' ? answer.value.entries : [];
  return { context, sample: { entries, limit: Math.min(limit, FIELDS_MAX), signal: context.signal } };
}
