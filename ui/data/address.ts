// What stands in the address: plain texts, those of the whole application and those of the page.

import { DEFAULT_RANGE } from './time-range.ts';
import type { TimeRange } from './time-range.ts';
import type { Zone } from './time-text.ts';

/** Names to texts; what has its default value does not stand there. */
export type Address = Readonly<Record<string, string | undefined>>;

/** The part of an address that every page shares and every link keeps. */
export interface ShellAddress {
  readonly range: TimeRange;
  readonly zone: Zone;
  readonly tenant: string;
}

/** The route under which a trace is shown. */
export const TRACE_ROUTE = '/traces/$traceId';

const SHELL_NAMES = ['from', 'to', 'tz', 'tenant'] as const;

export function readAddress(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

/** The search part, with its question mark, of what is not empty. Characters that addresses may hold stay readable. */
export function writeAddress(address: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(address).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '');
  if (fields.length === 0) return '';
  const text = new URLSearchParams(fields).toString();
  return `?${text.replace(/%(?:3A|2C|2F|7B|7D|3D)/g, (code) => (code === '%3D' ? '=' : decodeURIComponent(code)))}`;
}

export function shellAddress(address: Address): ShellAddress {
  return {
    range: { from: address['from'] ?? DEFAULT_RANGE.from, to: address['to'] ?? DEFAULT_RANGE.to },
    zone: address['tz'] === 'utc' ? 'utc' : 'local',
    tenant: address['tenant'] ?? '',
  };
}

/** What a link to another page keeps of this address. */
export function keepShell(address: Address): Address {
  return Object.fromEntries(SHELL_NAMES.flatMap((name) => (address[name] === undefined ? [] : [[name, address[name]]])));
}

/** The texts of a range, absent when it is the default. */
export function rangeAddress(range: TimeRange): Address {
  const isDefault = range.from === DEFAULT_RANGE.from && range.to === DEFAULT_RANGE.to;
  return { from: isDefault ? undefined : range.from, to: isDefault ? undefined : range.to };
}
