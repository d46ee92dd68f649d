// Paths into JSON as the `json` stage writes them: `request.headers["User-Agent"][0]`.
//
// Source: Grafana Loki `pkg/logql/log/jsonexpr`.

import { RequestError } from '../../../base/request-error.ts';

/** Names of fields and numbers of elements. */
export type JsonPath = readonly (string | number)[];

const TOKEN = /[ \t\n]*(?:(\.)|\[[ \t\n]*(?:"([^"]*)"|(\d+))[ \t\n]*\]|([a-zA-Z_][a-zA-Z0-9_]*))/y;
const INDEX_MAX = 1e6;

/** Throws `bad_data` on a text that is no path. */
export function parseJsonPath(expression: string): JsonPath {
  const path: (string | number)[] = [];
  let wantsField = false;
  let at = 0;
  while (expression.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const [token = '', dot, key, index, field] = TOKEN.exec(expression) ?? [];
    const isFirst = path.length === 0;
    const fits = dot !== undefined ? !isFirst && !wantsField : field !== undefined ? isFirst || wantsField : !wantsField;
    if (token === '' || !fits) throw refuse(expression, at);
    if (dot === undefined) path.push(index === undefined ? (key ?? field ?? '') : indexOf(expression, index));
    wantsField = dot !== undefined;
    at += token.length;
  }
  if (path.length === 0 || wantsField) throw refuse(expression, at);
  return path;
}

function indexOf(expression: string, digits: string): number {
  const index = Number(digits);
  if (index > INDEX_MAX)
    throw new RequestError('bad_data', `cannot parse expression [${expression}]: index ${digits}, ${INDEX_MAX} at most`);
  return index;
}

function refuse(expression: string, at: number): RequestError {
  const rest = expression.slice(at).trim();
  return new RequestError(
    'bad_data',
    `cannot parse expression [${expression}]: syntax error: unexpected ${rest === '' ? 'end' : `"${rest}"`}`,
  );
}
