// Addresses of the Internet in lines and labels: single ones, ranges `a-b` and networks `a/bits`, of both families.
//
// An address is a number, and what is looked for is a range of numbers of one family. Source: Grafana Loki `pkg/logql/log/ip.go`; Go `netip`.

import { RequestError } from '../../../base/request-error.ts';
import { quote } from '../../../query/scanner.ts';
import type { TextTest } from './text-test.ts';

interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
  /** IPv6 only: `fe80::1%eth0`. Equal addresses have equal zones. */
  readonly zone: string;
}

interface AddressRange {
  readonly bits: 32 | 128;
  readonly first: bigint;
  readonly last: bigint;
  readonly zone: string;
}

/** True for a line in which an address of the pattern stands. Throws `bad_data` on a pattern that is none. */
export function addressFinder(pattern: string): TextTest {
  const range = rangeOf(pattern);
  return (text) => {
    for (let at = 0; at < text.length; at++) {
      const isIn = hintsAtDotted(text, at) ? isDottedPart : hintsAtHexadecimal(text, at) ? isHexadecimalPart : undefined;
      if (isIn === undefined) continue;
      let end = at;
      while (end < text.length && isIn(text.charCodeAt(end))) end++;
      if (contains(range, parseAddress(text.slice(at, end)))) return true;
      at = end;
    }
    return false;
  };
}

function contains(range: AddressRange, address: Address | undefined): boolean {
  return (
    address !== undefined &&
    address.bits === range.bits &&
    address.zone === range.zone &&
    address.value >= range.first &&
    address.value <= range.last
  );
}

function rangeOf(pattern: string): AddressRange {
  const single = parseAddress(pattern);
  if (single !== undefined) return { bits: single.bits, first: single.value, last: single.value, zone: single.zone };
  const range = parseNetwork(pattern) ?? parseRange(pattern);
  if (range === undefined) throw new RequestError('bad_data', `ip: invalid pattern: ${quote(pattern)}`);
  return range;
}

function parseNetwork(pattern: string): AddressRange | undefined {
  const [, text = '', digits = ''] = /^(.*)\/(0|[1-9]\d{0,2})$/s.exec(pattern) ?? [];
  const address = parseAddress(text);
  const length = Number(digits);
  if (address === undefined || address.zone !== '' || length > address.bits) return undefined;
  const size = 1n << BigInt(address.bits - length);
  const first = (address.value / size) * size;
  return { bits: address.bits, first, last: first + size - 1n, zone: '' };
}

function parseRange(pattern: string): AddressRange | undefined {
  const dash = pattern.indexOf('-');
  const first = parseAddress(pattern.slice(0, Math.max(dash, 0)));
  const last = parseAddress(pattern.slice(dash + 1));
  if (first === undefined || last === undefined || first.bits !== last.bits || first.zone !== '' || last.zone !== '') return undefined;
  return first.value > last.value ? undefined : { bits: first.bits, first: first.value, last: last.value, zone: '' };
}

/** An address as Go's `netip.ParseAddr` reads it, or undefined. */
function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseDotted(text);
    return value === undefined ? undefined : { bits: 32, value, zone: '' };
  }
  const percent = text.indexOf('%');
  const zone = percent < 0 ? '' : text.slice(percent + 1);
  if (percent >= 0 && zone === '') return undefined;
  const value = parseHexadecimal(percent < 0 ? text : text.slice(0, percent));
  return value === undefined ? undefined : { bits: 128, value, zone };
}

function parseDotted(text: string): bigint | undefined {
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1).map(Number);
  return parts.every((part) => part <= 255) ? BigInt(parts.reduce((sum, part) => sum * 256 + part, 0)) : undefined;
}

const GROUPS = 8;

function parseHexadecimal(text: string): bigint | undefined {
  const lastColon = text.lastIndexOf(':');
  const hex = text.includes('.') ? dottedAsGroups(text.slice(0, lastColon + 1), text.slice(lastColon + 1)) : text;
  if (hex === undefined) return undefined;
  const [left = '', right, more] = hex.split('::');
  if (more !== undefined) return undefined;
  const head = groupsOf(left);
  const tail = right === undefined ? [] : groupsOf(right);
  const missing = GROUPS - head.length - tail.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`);
}

function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':');
}

/** `::ffff:10.0.0.1` with its last part in hexadecimal. */
function dottedAsGroups(head: string, v4: string): string | undefined {
  const value = parseDotted(v4);
  return value === undefined ? undefined : `${head}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

function hintsAtDotted(text: string, at: number): boolean {
  if (at + 3 >= text.length || !isDigit(text.charCodeAt(at))) return false;
  return text.charCodeAt(at + 1) === DOT || text.charCodeAt(at + 2) === DOT || text.charCodeAt(at + 3) === DOT;
}

function hintsAtHexadecimal(text: string, at: number): boolean {
  if (at + 2 >= text.length) return false;
  if (text.charCodeAt(at) === COLON) return text.charCodeAt(at + 1) === COLON && isHex(text.charCodeAt(at + 2));
  for (let i = at; i < at + 5; i++) {
    const code = text.charCodeAt(i);
    if (code === COLON) return i > at;
    if (!isHex(code)) return false;
  }
  return false;
}

const DOT = 46;
const COLON = 58;

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isHex(code: number): boolean {
  return isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}

function isDottedPart(code: number): boolean {
  return isDigit(code) || code === DOT;
}

function isHexadecimalPart(code: number): boolean {
  return isHex(code) || code === COLON || code === DOT;
}
