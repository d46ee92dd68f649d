// Fields of plain JSON lines as expressions of ClickHouse, and the condition under which they are right.
//
//   {"time":"…","level":"info", …}     the first place at all where the line holds the name is a key; before it no object is opened but the outermost,
//                                      and nothing is escaped: then it is a key of that object, and no other key before it is called so
//
// The line has to be valid as a whole: the stage `json` would else say so. Objects and arrays as values, and all that is escaped, go the long way.

import { identifier, int, join, sql, text } from '../../base/sql.ts';
import { type FieldExpressions, type FieldForm, otherSpellings, PLAIN_NAME, VALUE_BYTES_MAX } from './field-expressions.ts';

export const JSON_FORM: FieldForm = { expressions, isPlain };

function expressions(names: readonly string[]): FieldExpressions | undefined {
  if (!names.every((name) => PLAIN_NAME.test(name))) return undefined;
  const definitions = [sql`position(line, '{', 2) AS object_at`, sql`position(line, '\\\\') AS escape_at`];
  const plain = [sql`startsWith(line, '{') AND isValidJSON(line)`];
  names.forEach((name, i) => {
    const [at, rest, end, value] = ['at', 'rest', 'end', 'value'].map((what) => identifier(`${what}_${i}`));
    if (at === undefined || rest === undefined || end === undefined || value === undefined) return;
    const size = name.length;
    const isKey = sql`${at} > 1 AND substring(line, ${at} - 1, ${int(size + 3)}) = ${text(`"${name}":`)}`;
    definitions.push(
      sql`position(line, ${text(name)}) AS ${at}`,
      sql`if(${isKey}, trimLeft(substring(line, ${at} + ${int(size + 2)}, ${int(VALUE_BYTES_MAX)}), ' \n\r\t'), '') AS ${rest}`,
      // Behind a text its quote; behind a number the nearest of what may follow.
      sql`if(startsWith(${rest}, '"'), position(${rest}, '"', 2), least(position(concat(${rest}, ','), ','), position(concat(${rest}, '}'), '}'))) AS ${end}`,
      sql`if(startsWith(${rest}, '"'), substring(${rest}, 2, if(${end} = 0, 0, ${end} - 2)), trimRight(substring(${rest}, 1, ${end} - 1), ' \n\r\t')) AS ${value}`,
    );
    const isScalar = sql`substring(${rest}, 1, 1) IN ('"', '-', 't', 'f', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9')`;
    const isWhole = sql`${value} != '' AND ${end} < length(${rest})`;
    const isBare = sql`(object_at = 0 OR object_at > ${at}) AND (escape_at = 0 OR escape_at > ${at} + ${int(size + 2)} + ${int(VALUE_BYTES_MAX)})`;
    plain.push(sql`if(${at} = 0, position(line, '\\\\u') = 0, ${isScalar} AND ${isWhole} AND ${isBare})`, ...otherNames(name));
  });
  return { definitions, values: names.map((_, i) => identifier(`value_${i}`)), plain: join(plain, sql` AND `) };
}

/** `{"trace":{"id":…}}` and `trace.id` are called trace_id too. */
function otherNames(name: string) {
  const [first, second] = name.split('_');
  return second === undefined ? [] : [sql`position(line, ${text(`"${first}"`)}) = 0`, ...otherSpellings(name, '"')];
}

function isPlain(value: string): boolean {
  return value.length < VALUE_BYTES_MAX && !/["\\]/.test(value);
}
