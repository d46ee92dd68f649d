// The text of a span attribute in a row, wherever the row has it.
//
//   col                                       the key has had one column from the first span on
//   if(lineage IN (3), low_7, '')             a column that others use for another key
//   if(col != '', col, attrs['key'])          rows from before it had a column have it in the map

import { type Sql, identifier, ints, sql, text } from '../../base/sql.ts';
import type { KeyPlaces } from '../catalogue.ts';

/** A typed text, empty where the row has no value. */
export function spanKeyText(key: string, { columns, inMap }: KeyPlaces): Sql {
  const inRow = columns.map(({ column, lineages }) =>
    lineages === undefined ? identifier(column) : sql`if(lineage IN ${ints(lineages)}, ${identifier(column)}, '')`,
  );
  if (inMap) inRow.push(sql`attrs[${text(key)}]`);
  return inRow.reduceRight((behind, first) => sql`if(${first} != '', ${first}, ${behind})`, inRow.pop() ?? sql`''`);
}
