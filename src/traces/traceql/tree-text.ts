// A text that is the same for parts of queries that mean the same, wherever they stand.

/** Of a part of a tree; JSON has no 64-bit integers. */
export function treeText(tree: unknown): string {
  return JSON.stringify(tree, (key, value: unknown) => (key === 'place' ? undefined : typeof value === 'bigint' ? `${value}n` : value));
}
