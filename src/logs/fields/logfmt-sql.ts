// Fields of plain logfmt lines as expressions of ClickHouse, and the condition under which they are right.
//
//   … level=info …     the first `level=` of the line, behind a space or at its start, with no quote before it: then nothing in front of it can hide
//                      that it is a pair, whatever stands there, since the stage `logfmt` goes on behind the next space after all that is malformed
//
// Whether the text behind it up to the next space is a value is looked at when the lines come (`isPlain`), once for each different one.
// A line that is not plain in this sense is read and goes through the stages themselves. No regular expressions: they cost more than reading the line.

import { identifier, int, join, sql, text } from '../../base/sql.ts';
import { type FieldExpressions, type FieldForm, otherSpellings, PLAIN_NAME, VALUE_BYTES_MAX } from './field-expressions.ts';

export const LOGFMT_FORM: FieldForm = { expressions, isPlain };

function expressions(names: readonly string[]): FieldExpressions | undefined {
  if (!names.every((name) => PLAIN_NAME.test(name))) return undefined;
  const definitions = [sql`position(line, '"') AS quote_at`];
  const plain = [sql`1`];
  names.forEach((name, i) => {
    const at = identifier(`at_${i}`);
    const rest = identifier(`rest_${i}`);
    const space = identifier(`space_${i}`);
    const value = identifier(`value_${i}`);
    const pair = text(`${name}=`);
    definitions.push(
      // Where the name begins. 1 for a line that does not hold it too: the rest of such a line is nothing.
      sql`if(startsWith(line, ${pair}), 1, position(line, ${text(` ${name}=`)}) + 1) AS ${at}`,
      sql`if(${at} = 1 AND NOT startsWith(line, ${pair}), '', substring(line, ${at} + ${int(name.length + 1)}, ${int(VALUE_BYTES_MAX)})) AS ${rest}`,
      sql`position(${rest}, ' ') AS ${space}`,
      sql`substring(${rest}, 1, if(${space} = 0, ${int(VALUE_BYTES_MAX)}, ${space} - 1)) AS ${value}`,
    );
    const found = sql`${value} != '' AND NOT startsWith(${rest}, '"') AND (quote_at = 0 OR quote_at > ${at})`;
    plain.push(sql`if(${rest} = '', position(line, ${pair}) = 0, ${found})`, ...otherSpellings(name, SPACES_AND_SIGNS));
  });
  return { definitions, values: names.map((_, i) => identifier(`value_${i}`)), plain: join(plain, sql` AND `) };
}

/** What ends the name of a pair, in a class of a regular expression. */
const SPACES_AND_SIGNS = '\\x00-\\x20="';

/** True for what the stage `logfmt` would take as the whole value, of a pair that stands behind a space. */
function isPlain(value: string): boolean {
  if (value.length >= VALUE_BYTES_MAX) return false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code <= 32 || code === 34 || code === 61) return false;
  }
  return true;
}
