// The one shape of SQL: a statement is built by a tag, a value enters it as a typed literal, a fragment is `Sql`, and a plain string does not compile.
//
//   sql`SELECT series, ts, value FROM samples WHERE tenant = ${text(tenant)} AND ts > ${int(startMs)} ${and(conditions)}`
//
// Literals follow ClickHouse's lexer: string literals with backslash escapes, decimal integers, identifiers in back quotes.

import { RequestError } from './request-error.ts';

const BRAND = Symbol('sql');

/** A statement or a part of one. Made by `sql` and the functions below only. */
export interface Sql {
  readonly [BRAND]: true;
  readonly source: string;
}

/** Joins the template's own text with fragments and literals. */
export function sql(strings: TemplateStringsArray, ...parts: readonly Sql[]): Sql {
  let source = strings[0] ?? '';
  parts.forEach((part, i) => (source += part.source + (strings[i + 1] ?? '')));
  return made(source);
}

/** A string literal. */
export function text(value: string): Sql {
  return made(quoted(value));
}

/** An integer literal; throws on a number that is none. */
export function int(value: number | bigint): Sql {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new RequestError('bad_data', `not a whole number within ±2^53: ${value}`);
  return made(String(value));
}

/** A name of a table, column or database. */
export function identifier(name: string): Sql {
  return made(`\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``);
}

/** A parenthesised list of string literals, for `IN`; an empty list matches nothing. */
export function texts(values: readonly string[]): Sql {
  return made(values.length === 0 ? "('') AND 0" : `(${values.map(quoted).join(',')})`);
}

/** A parenthesised list of integers, for `IN`; an empty list matches nothing. */
export function ints(values: Iterable<number | bigint>): Sql {
  const list = [...values].map((value) => int(value).source);
  return made(list.length === 0 ? '(0) AND 0' : `(${list.join(',')})`);
}

/** Fragments joined by a separator, such as `sql` AND ``. */
export function join(parts: readonly Sql[], separator: Sql): Sql {
  return made(parts.map((part) => part.source).join(separator.source));
}

/** ` AND a AND b …`: what follows a condition that is always there; nothing for no parts. */
export function and(parts: readonly Sql[]): Sql {
  return made(parts.map((part) => ` AND (${part.source})`).join(''));
}

export const NOTHING: Sql = made('');

function made(source: string): Sql {
  return { [BRAND]: true, source };
}

function quoted(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`;
}
