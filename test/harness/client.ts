// The program's HTTP interface as tests use it: one tenant, Prometheus's API, and answers that are checked before they are believed.

import { z } from 'zod';

/** No request of a test may take longer: a program that hangs is a failure, not a wait. */
const ANSWER_MAX_MS = 180_000;

const answerSchema = z.object({
  status: z.string(),
  data: z.unknown().optional(),
  errorType: z.string().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).optional(),
  infos: z.array(z.string()).optional(),
});

const pointSchema = z.tuple([z.number(), z.string()]);
const histogramSchema = z.tuple([
  z.number(),
  z.object({ count: z.string(), sum: z.string(), buckets: z.array(z.tuple([z.number(), z.string(), z.string(), z.string()])).optional() }),
]);

export const seriesSchema = z.object({
  metric: z.record(z.string(), z.string()),
  value: pointSchema.optional(),
  values: z.array(pointSchema).optional(),
  histogram: histogramSchema.optional(),
  histograms: z.array(histogramSchema).optional(),
});

export type ReadSeries = z.infer<typeof seriesSchema>;
export type ApiAnswer = z.infer<typeof answerSchema> & { readonly httpStatus: number };

export interface Target {
  readonly url: string;
  readonly tenant?: string;
}

/** A target whose Prometheus API may stand elsewhere, as that of another program. */
export interface ApiTarget extends Target {
  /** `/prom/api/v1` where nothing is given. */
  readonly api?: string;
}

export interface Posted {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Asks a path of Prometheus's API, such as `series`; repeated parameters as arrays. */
export async function askPrometheus(
  { url, tenant, api = '/prom/api/v1' }: ApiTarget,
  path: string,
  parameters: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<ApiAnswer> {
  const query = new URLSearchParams();
  for (const [name, given] of Object.entries(parameters)) for (const value of [given].flat()) query.append(name, value);
  const response = await fetch(`${url}${api}/${path}?${query.toString()}`, {
    headers: tenantHeader(tenant),
    signal: AbortSignal.timeout(ANSWER_MAX_MS),
  });
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { status: 'error', httpStatus: response.status, error: text };
  }
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) return { status: 'error', httpStatus: response.status, error: `an answer of another form: ${text.slice(0, 300)}` };
  return { ...parsed.data, httpStatus: response.status };
}

/** The series of an instant query. Throws with the answer when it is an error. */
export async function queryInstant(target: Target, query: string, time?: number): Promise<ReadSeries[]> {
  const answer = await askPrometheus(target, 'query', { query, ...(time === undefined ? {} : { time: String(time) }) });
  const data = z.object({ result: z.array(seriesSchema) }).safeParse(answer.data);
  if (!data.success) throw new Error(`query ${query}: ${answer.httpStatus} ${answer.errorType ?? ''} ${answer.error ?? ''}`);
  return data.data.result;
}

export async function post(
  { url, tenant }: Target,
  path: string,
  sent: { readonly body: Uint8Array | string; readonly headers: Readonly<Record<string, string>> },
): Promise<Posted> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { ...sent.headers, ...tenantHeader(tenant) },
    body: typeof sent.body === 'string' ? sent.body : new Uint8Array(sent.body),
    signal: AbortSignal.timeout(ANSWER_MAX_MS),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

function tenantHeader(tenant: string | undefined): Record<string, string> {
  return tenant === undefined ? {} : { 'x-scope-orgid': tenant };
}
