// Reading the kernel's text files: numbers, columns and lines, without regular expressions because some of these files are long.

import { HostError } from './host.ts';
import type { Tree } from './host.ts';

/** A decimal number as the kernel writes it (`12`, `-3`, `0.35`, `1e3`), or undefined. */
export function parseNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  const first = trimmed.charCodeAt(trimmed.startsWith('-') ? 1 : 0);
  if (!((first >= 0x30 && first <= 0x39) || first === 0x2e)) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}

/** A number in base 16, with or without `0x`, or undefined. */
export function parseHex(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const digits = text.trim().replace(/^0x/i, '');
  return /^[0-9a-f]{1,16}$/i.test(digits) ? Number(`0x${digits}`) : undefined;
}

/** The number, or `HostError` that names where it was looked for. */
export function number(text: string | undefined, where: string): number {
  const value = parseNumber(text);
  if (value === undefined) throw new HostError(`${where}: ${JSON.stringify(text ?? '')} where a number belongs`);
  return value;
}

/** Columns of a line, separated by any number of blanks. */
export function columns(line: string): string[] {
  const found: string[] = [];
  let from = -1;
  for (let i = 0; i <= line.length; i++) {
    const blank = i === line.length || line.charCodeAt(i) <= 0x20;
    if (blank && from >= 0) {
      found.push(line.slice(from, i));
      from = -1;
    } else if (!blank && from < 0) from = i;
  }
  return found;
}

/** Lines that are not blank. */
export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** The number that a file holds alone, or undefined when it is absent or holds something else. */
export function readNumber(tree: Tree, path: string): number | undefined {
  return parseNumber(tree.read(path));
}

/** The file without blanks around it, or undefined. */
export function readText(tree: Tree, path: string): string | undefined {
  return tree.read(path)?.trim();
}

/** The number at the end of a name after a prefix (`cpu12` → 12), or undefined. */
export function indexAfter(name: string, prefix: string): number | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const digits = name.slice(prefix.length);
  return /^[0-9]{1,9}$/.test(digits) ? Number(digits) : undefined;
}

/** A metric name part: everything but letters, digits and `_` becomes `_`. */
export function metricNamePart(text: string): string {
  return text.replace(/[^a-zA-Z0-9_]/g, '_');
}

/** Scale by a power of ten given as its exponent: division keeps `1 / 1000` exact where multiplication by 0.001 does not. */
export function scaled(value: number | undefined, divisor: number): number | undefined {
  return value === undefined ? undefined : value / divisor;
}
