// A line of JSON as rows of a tree, each leaf with the name that the stage `json` gives it.
//
// Source: Grafana Loki's language reference, "JSON": nested names are joined with `_`, and lists are skipped.

export interface JsonRow {
  readonly depth: number;
  /** The key within its object, or the place within its list. */
  readonly key: string;
  readonly text: string;
  readonly kind: 'open' | 'string' | 'number' | 'boolean' | 'null';
  /** The name of the leaf as a field of a query; nothing where a query cannot name it. */
  readonly field: string | undefined;
}

/** Rows of one line that are drawn. */
export const JSON_ROWS_MAX = 2000;
const DEPTH_MAX = 40;

/** A number that a double does not hold as it was written, such as an id of twenty digits. */
class WrittenNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Browsers that do not say how a number was written give it as they read it. */
function exactNumbers(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === 'number' && source !== undefined && source !== String(value) ? new WrittenNumber(source) : value;
}

/** The value of a line that is an object or a list of JSON; undefined for any other. */
export function jsonOf(line: string): unknown {
  const text = line.trim();
  if (!/^[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text, exactNumbers);
  } catch {
    return undefined;
  }
}

/** The name of a key as a label: what a label may not hold becomes `_`. */
function labelOf(key: string): string {
  const name = key.replaceAll(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}

interface Place {
  readonly depth: number;
  readonly key: string;
  readonly field: string | undefined;
}

/** Rows from the top, at most so many as are drawn. */
export function jsonRows(value: unknown): readonly JsonRow[] {
  const rows: JsonRow[] = [];
  addMembers(rows, value, { depth: 0, key: '', field: '' });
  return rows;
}

function addMembers(rows: JsonRow[], value: unknown, { depth, field }: Place): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (rows.length >= JSON_ROWS_MAX) return;
    const name = field === undefined || Array.isArray(value) ? undefined : field === '' ? labelOf(key) : `${field}_${labelOf(key)}`;
    addRow(rows, member, { depth, key, field: name });
  }
}

function addRow(rows: JsonRow[], value: unknown, { depth, key, field }: Place): void {
  if (value instanceof WrittenNumber) {
    rows.push({ depth, key, text: value.text, kind: 'number', field });
    return;
  }
  if (typeof value === 'object' && value !== null) {
    const size = Object.keys(value).length;
    const list = Array.isArray(value);
    if (size > 0 && depth < DEPTH_MAX) {
      rows.push({ depth, key, text: list ? `[${size}]` : `{${size}}`, kind: 'open', field: undefined });
      addMembers(rows, value, { depth: depth + 1, key, field });
    } else rows.push({ depth, key, text: JSON.stringify(value), kind: 'null', field: undefined });
    return;
  }
  const kind = value === null ? 'null' : typeof value === 'string' ? 'string' : typeof value === 'number' ? 'number' : 'boolean';
  rows.push({
    depth,
    key,
    text: typeof value === 'string' ? value : JSON.stringify(value),
    kind,
    field: value === null ? undefined : field,
  });
}
