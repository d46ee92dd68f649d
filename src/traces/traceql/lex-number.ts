// Numbers and durations as they stand in a query.
//
// Source: Go's `text/scanner` and `strconv`; Prometheus `model.ParseDuration`; Go's `time.ParseDuration`.

export type NumberToken =
  | { readonly kind: 'INTEGER'; readonly value: bigint }
  | { readonly kind: 'FLOAT'; readonly value: number }
  | { readonly kind: 'DURATION'; readonly value: bigint };

/** A number's characters: digits, a point, an exponent; with the prefixes and underscores of Go, which only its compiler takes. */
const NUMBER =
  /(?:0[xXoObB][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?|\.\d[\d_]*(?:[eE][+-]?[\d_]*)?)/y;
const DURATION_TAIL = /[\p{N}nsumhµdwy.]+/uy;

const INT_MAX = 9_223_372_036_854_775_807n;
const NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
  y: 31_536_000_000_000_000n,
};

/** The number that begins at `from`, where a digit stands or a point before one: its token and end, or the problem and the end. */
export function lexNumber(
  text: string,
  from: number,
): { readonly end: number; readonly durationEnd: number; readonly token: NumberToken | { readonly problem: string } } {
  NUMBER.lastIndex = from;
  const digits = NUMBER.exec(text)?.[0] ?? '';
  const end = from + digits.length;
  DURATION_TAIL.lastIndex = end;
  const tail = DURATION_TAIL.exec(text)?.[0] ?? '';
  const ns = tail === '' ? undefined : parseDurationNs(digits + tail);
  if (ns !== undefined) return { end, durationEnd: end + tail.length, token: { kind: 'DURATION', value: ns } };
  return { end, durationEnd: end, token: /[.eEpP]/.test(digits) && !/^0[xX]/.test(digits) ? floatOf(digits) : integerOf(digits) };
}

function integerOf(digits: string): NumberToken | { readonly problem: string } {
  if (/^0\d*[89]/.test(digits)) return { problem: `invalid digit '${/[89]/.exec(digits)?.[0]}' in octal literal` };
  if (!/^\d+$/.test(digits)) return { problem: `strconv.Atoi: parsing "${digits}": invalid syntax` };
  const value = BigInt(digits);
  return value > INT_MAX ? { problem: `strconv.Atoi: parsing "${digits}": value out of range` } : { kind: 'INTEGER', value };
}

function floatOf(digits: string): NumberToken | { readonly problem: string } {
  if (/[eE][+-]?$/.test(digits)) return { problem: 'exponent has no digits' };
  if (!/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(digits)) return { problem: `strconv.ParseFloat: parsing "${digits}": invalid syntax` };
  const value = Number(digits);
  return Number.isFinite(value) ? { kind: 'FLOAT', value } : { problem: `strconv.ParseFloat: parsing "${digits}": value out of range` };
}

/** Nanoseconds of `1d12h` (whole numbers, from the largest unit down) or `1.5h20m` (any order, no days), or undefined. */
function parseDurationNs(text: string): bigint | undefined {
  const whole = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text);
  const units = ['y', 'w', 'd', 'h', 'm', 's', 'ms'];
  const parts = whole === null ? undefined : units.map((unit, i) => BigInt(whole[i + 1] ?? 0) * (NS[unit] ?? 0n));
  const ns = parts?.reduce((sum, part) => sum + part, 0n) ?? goDurationNs(text);
  return ns === undefined || ns > INT_MAX ? undefined : ns;
}

function goDurationNs(text: string): bigint | undefined {
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(/(\d*)\.?(\d*)(ns|us|µs|ms|s|m|h)/g)) {
    const size = NS[unit] ?? 0n;
    sum += BigInt(whole === '' ? '0' : whole) * size;
    if (fraction !== '') sum += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
  }
  return sum;
}
