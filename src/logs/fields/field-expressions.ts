// What the expressions of fields have in common, whatever form the lines have.

import { type Sql, sql, text } from '../../base/sql.ts';

/** Values of so many bytes may have been cut. */
export const VALUE_BYTES_MAX = 128;

/** The expressions of some fields: common ones first, for `WITH`. */
export interface FieldExpressions {
  readonly definitions: readonly Sql[];
  /** Per field the text of its value, `''` for none. */
  readonly values: readonly Sql[];
  /** Where it holds the values are right, as far as `isPlain` of the form says so of each. */
  readonly plain: Sql;
}

/** A form of lines whose fields ClickHouse can find where they stand plainly. */
export interface FieldForm {
  /** Undefined where a name may stand for others that ClickHouse would have to find as well. */
  readonly expressions: (names: readonly string[]) => FieldExpressions | undefined;
  /** True for what the stage would take as the whole value. */
  readonly isPlain: (value: string) => boolean;
}

/** Names of one or two words: what else may be called so can be told. */
export const PLAIN_NAME = /^[a-zA-Z][a-zA-Z0-9]*(_[a-zA-Z0-9]+)?$/;

/** `trace.id` is called trace_id too. `around` are the characters that end a name. */
export function otherSpellings(name: string, around: string): readonly Sql[] {
  const [first, second] = name.split('_');
  return second === undefined ? [] : [sql`NOT match(line, ${text(`${first}[^a-zA-Z0-9_${around}]${second}`)})`];
}
