// Tables as text to paste elsewhere: RFC 4180, and JSON as an array of objects.

export interface TextTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function cell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

export function toCsv(table: TextTable): string {
  return [table.columns, ...table.rows].map((row) => row.map(cell).join(',')).join('\r\n');
}

export function toJson(table: TextTable): string {
  return JSON.stringify(
    table.rows.map((row) => Object.fromEntries(table.columns.map((column, i) => [column, row[i] ?? '']))),
    undefined,
    2,
  );
}
