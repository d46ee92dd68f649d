// One question to the server, and its answer or its failure. All pages ask through here.

/** Parameters in the order in which they are sent; a name may stand more than once. */
export type Params = readonly (readonly [string, string])[];

export interface Question<T> {
  /** Below Prometheus's interface, as `query_range`, or from the root, as `/loki/api/v1/labels`. */
  readonly path: string;
  readonly params: Params;
  readonly headers?: Readonly<Record<string, string>>;
  /** Turns `data` into a value; throws an Error that says what is wrong with it. */
  readonly decode: (data: unknown) => T;
}

export interface Answer<T> {
  readonly value: T;
  /** What is missing from the value or wrong with it, and why. */
  readonly warnings: readonly string[];
  /** What the question might have meant instead. */
  readonly infos: readonly string[];
}

/** Why there is no answer, with what a person needs to act on it. */
export class AskError extends Error {
  override readonly name = 'AskError';
  readonly kind: 'unreachable' | 'refused' | 'broken';
  /** The HTTP status; 0 when the server was not reached. */
  readonly status: number;
  /** The request as a command line that can be pasted. */
  readonly request: string;

  constructor(kind: AskError['kind'], message: string, status: number, request: string) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.request = request;
  }
}

const PREFIX = '/prom/api/v1/';
/** Addresses longer than this go as a form, where the interface takes one. */
const ADDRESS_LENGTH_MAX = 2000;
/** Of Prometheus and Loki; Tempo's interface takes addresses only. */
const TAKES_FORMS = /^(?!\/api\/)(?:.*\/)?(?:query|query_range|series|labels|detected_fields|detected_labels|patterns|volume)$/;

function placeOf(path: string): string {
  return path.startsWith('/') ? path : `${PREFIX}${path}`;
}

/** Asks as a tenant; an empty tenant is the server's own default. Throws AskError, and the signal's reason when it aborts. */
export async function ask<T>(question: Question<T>, tenant: string, signal: AbortSignal): Promise<Answer<T>> {
  const fields = new URLSearchParams(question.params.map(([name, value]) => [name, value])).toString();
  const command = curlOf(question, tenant);
  const headers: Record<string, string> = { ...question.headers, ...(tenant === '' ? {} : { 'x-scope-orgid': tenant }) };
  const form = fields.length > ADDRESS_LENGTH_MAX && TAKES_FORMS.test(question.path);
  const address = `${placeOf(question.path)}${fields === '' || form ? '' : `?${fields}`}`;
  if (form) headers['content-type'] = 'application/x-www-form-urlencoded';
  let response: Response;
  let text: string;
  try {
    response = await fetch(address, form ? { method: 'POST', headers, body: fields, signal } : { headers, signal });
    text = await response.text();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new AskError('unreachable', 'The server does not answer.', 0, command);
  }
  const body = parseJson(text);
  if (!isRecord(body)) throw new AskError(response.ok ? 'broken' : 'refused', plainReason(text, response.status), response.status, command);
  // Some answers of Loki and all of Tempo are the value itself; a `status` of Tempo's tells of the value, not of the request.
  const isBare = response.ok && body['status'] !== 'success' && body['status'] !== 'error';
  if (!isBare && body['status'] !== 'success') {
    throw new AskError(
      'refused',
      typeof body['error'] === 'string' ? body['error'] : `Status ${response.status}.`,
      response.status,
      command,
    );
  }
  try {
    const warnings = [...strings(body['warnings']), ...(isBare ? lacks(body, response.headers) : [])];
    return { value: question.decode(isBare ? body : body['data']), warnings, infos: strings(body['infos']) };
  } catch (error) {
    throw new AskError(
      'broken',
      `The answer cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      response.status,
      command,
    );
  }
}

/** What a bare answer lacks: said in a message of its own, or in a header where its form has no place for it. */
function lacks(body: Readonly<Record<string, unknown>>, headers: Headers): readonly string[] {
  const message = body['status'] === 'PARTIAL' && typeof body['message'] === 'string' ? body['message'] : '';
  let header = headers.get('x-sightline-warning') ?? '';
  try {
    header = decodeURI(header);
  } catch {
    // Shown as it came.
  }
  return [message, header].filter((said) => said !== '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function plainReason(text: string, status: number): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line === '' || line.startsWith('<') ? `The server answered with status ${status} and no reason.` : line.slice(0, 500);
}

/** The question as a command line, for another person or a terminal. */
export function curlOf(question: Pick<Question<unknown>, 'path' | 'params'>, tenant: string): string {
  const quote = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;
  const address = new URL(placeOf(question.path), globalThis.location?.href ?? 'http://127.0.0.1:3000').href;
  const fields = question.params.map(([name, value]) => ` --data-urlencode ${quote(`${name}=${value}`)}`).join('');
  return `curl -sG${tenant === '' ? '' : ` -H ${quote(`X-Scope-OrgID: ${tenant}`)}`} ${quote(address)}${fields}`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
