// Which key a column of a row holds: the one of convention, or the one that it was given to in the row's lineage.

import { ATTRIBUTE_COLUMNS } from './attribute-columns.ts';
import type { Catalogue } from './catalogue.ts';

export interface AttributeNames {
  /** Columns that hold a key of the tenant. */
  readonly columns: readonly string[];
  /** The key of a column in a lineage; undefined where it holds none. */
  readonly keyOf: (column: string, lineage: number) => string | undefined;
}

/** The columns in use by what is known of a tenant. */
export function attributeNames(catalogue: Catalogue): AttributeNames {
  const owners = new Map<string, { readonly key: string; readonly lineages: readonly number[] | undefined }[]>();
  for (const key of catalogue.keys('span')) {
    for (const { column, lineages } of catalogue.spanKey(key)?.columns ?? [])
      owners.set(column, [...(owners.get(column) ?? []), { key, lineages }]);
  }
  return {
    columns: ATTRIBUTE_COLUMNS.map(({ name }) => name).filter((name) => owners.has(name)),
    keyOf: (column, lineage) => owners.get(column)?.find(({ lineages }) => lineages === undefined || lineages.includes(lineage))?.key,
  };
}
