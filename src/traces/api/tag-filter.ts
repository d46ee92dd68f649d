// The filter `q` of look-ups of names and values: spans that a condition selects, or all of them.
//
//   { resource.cluster = "eu" && span.http. }  ─▶ what can be read of it ─▶ condition of SQL
//
// People ask while they type, so a query that is not whole yet is no mistake: the conditions that can be read count, and what is no single filter is
// passed over. Source: Tempo HTTP API documentation, "Filtered tag values"; `pkg/traceql/enum_operators.go`, `ExtractMatchers`.

import { RequestError } from '../../base/request-error.ts';
import { NOTHING, type Sql, sql } from '../../base/sql.ts';
import type { Catalogue } from '../catalogue.ts';
import { compileCondition } from '../plan/compile-condition.ts';
import type { FieldExpression, Pipeline } from '../traceql/ast.ts';
import { parseTraceql } from '../traceql/parse.ts';

/** Texts that are tried one by one where the whole cannot be read. */
const PARTS_MAX = 100;

/** `AND …` for the spans of a filter; nothing where it selects all. Over-approximates what SQL cannot decide. */
export function filterCondition(text: string, catalogue: Catalogue): Sql {
  const parts = filtersOf(text).map((expr) => compileCondition(expr, catalogue).condition);
  return parts.reduce<Sql>((all, part) => sql`${all} AND (${part})`, NOTHING);
}

/** What can be read of a filter; all parts hold together. */
export function filtersOf(text: string): readonly FieldExpression[] {
  if (text.trim() === '') return [];
  const whole = filterOf(text);
  if (whole !== undefined) return [whole];
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (inner === undefined) return [];
  return conjuncts(inner)
    .slice(0, PARTS_MAX)
    .flatMap((part) => filterOf(`{${part}}`) ?? []);
}

/** The condition of a query that is one filter. */
function filterOf(text: string): FieldExpression | undefined {
  try {
    const { root } = parseTraceql(text);
    return root.type === 'pipeline' ? onlyFilter(root) : undefined;
  } catch (error) {
    if (error instanceof RequestError && error.code === 'bad_data') return undefined;
    throw error;
  }
}

function onlyFilter({ stages }: Pipeline): FieldExpression | undefined {
  const [only, ...others] = stages;
  return only?.type === 'filter' && others.length === 0 ? only.expr : undefined;
}

/** The parts between `&&` that stand in no quotes; where there are brackets or `||`, a part is not what it seems, and none is given. */
function conjuncts(text: string): readonly string[] {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|&&|\|\||[()]|[^"`&|()]+|[\s\S]/g) ?? [];
  if (tokens.some((token) => token === '||' || token === '(' || token === ')')) return [];
  const parts = [''];
  for (const token of tokens) {
    if (token === '&&') parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts;
}
