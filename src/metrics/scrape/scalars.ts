// The scalars of Prometheus's configuration: durations, sizes, URLs, label names.

import { RequestError } from '../../base/request-error.ts';
import { parseDuration } from '../../base/duration.ts';
import { isLabelName, quoted } from './names.ts';
import type { Schema } from './yaml-schema.ts';
import { mapOf, scalar, text } from './yaml-schema.ts';

/** Throws `bad_data`: how a check says no. */
export function refuse(message: string): never {
  throw new RequestError('bad_data', message);
}

/** Milliseconds. */
export const duration: Schema<number> = scalar('model.Duration', 0, (value) => {
  const ms = parseDuration(value);
  return typeof ms === 'number' ? ms : refuse(ms.problem);
});

const SIZE_UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** Bytes of `15MB`, `1GiB512KiB`: every unit is a power of 1024. Source: alecthomas/units `ParseBase2Bytes`. */
export function parseBase2Bytes(value: string): number {
  const sign = value.startsWith('-') ? -1 : 1;
  const unsigned = value.replace(/^[-+]/, '');
  if (unsigned === '0') return 0;
  if (!/^(?:[0-9]*\.?[0-9]*[^0-9.]*)+$/.test(unsigned) || !/[0-9]/.test(unsigned)) refuse(`units: invalid ${value}`);
  let bytes = 0;
  for (const [, number = '', unit = ''] of unsigned.matchAll(/([0-9]*\.?[0-9]*)([^0-9.]*)/g)) {
    if (number === '' && unit === '') continue;
    const power = SIZE_UNITS.findIndex((prefix) => unit === `${prefix}B` || (prefix !== '' && unit === `${prefix}iB`));
    if (power < 0) refuse(`units: unknown unit ${unit} in ${value}`);
    bytes += Number(number === '.' ? Number.NaN : number) * 1024 ** power;
  }
  return Number.isFinite(bytes) ? sign * Math.trunc(bytes) : refuse(`units: invalid ${value}`);
}

export const byteSize: Schema<number> = scalar('units.Base2Bytes', 0, parseBase2Bytes);

/** A URL as Go's `url.Parse` takes it apart. */
export interface UrlParts {
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
}

/** Takes a URL apart; throws `bad_data` where Go does. */
export function parseUrl(value: string): UrlParts {
  const fail = (problem: string): never => refuse(`parse ${quoted(value)}: ${problem}`);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(value)) fail('net/url: invalid control character in URL');
  if (value.startsWith(':')) fail('missing protocol scheme');
  const found = /^([a-zA-Z][a-zA-Z0-9+.-]*):(.*)$/s.exec(value);
  const scheme = found?.[1]?.toLowerCase() ?? '';
  const rest = (found?.[2] ?? value).replace(/[?#].*$/s, '');
  if (scheme === '' && !rest.startsWith('/') && (rest.split('/')[0] ?? '').includes(':'))
    fail('first path segment in URL cannot contain colon');
  const authority = rest.startsWith('//') ? (rest.slice(2).split('/')[0] ?? '') : '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (/[\s<>"\\^`{|}]/.test(host)) fail(`invalid character ${quoted(/[\s<>"\\^`{|}]/.exec(host)?.[0] ?? '')} in host name`);
  const port = /:([^:\]]*)$/.exec(host)?.[1] ?? '';
  if (!/^[0-9]*$/.test(port)) fail(`invalid port ${quoted(`:${port}`)} after host`);
  return { text: value, scheme, host };
}

export const url: Schema<UrlParts | undefined> = { ...scalar<UrlParts | undefined>('config.URL', undefined, parseUrl) };

/** Throws `bad_data` unless `name` is a label name. */
export function checkLabelName(name: string): void {
  if (!isLabelName(name, 'utf8')) refuse(`${quoted(name)} is not a valid label name`);
}

export const labelName: Schema<string> = scalar('model.LabelName', '', (name) => {
  checkLabelName(name);
  return name;
});

export const labelSet: Schema<ReadonlyMap<string, string>> = mapOf(text, checkLabelName);

/** A text that is one of `allowed`; `problem` puts the refusal into words. */
export function oneOf<T extends string>(type: string, allowed: readonly T[], problem: (value: string) => string): Schema<T | ''> {
  return scalar<T | ''>(type, '', (value) => allowed.find((each) => each === value) ?? refuse(problem(value)));
}
