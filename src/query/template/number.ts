// Number literals of a template, as Go's constants: integers in four bases, floats, characters. Source: Go `text/template/parse`, node.go.

const INT_MIN = -(1n << 63n);
const INT_MAX = (1n << 63n) - 1n;

/** A literal in the types that it can have; undefined where the text is no number. */
export interface NumberLiteral {
  readonly int: bigint | undefined;
  readonly float: number | undefined;
  readonly ideal: bigint | number | undefined;
}

/** A number as it is written in a template. */
export function parseNumber(text: string): NumberLiteral | undefined {
  const int = parseGoInt(text);
  if (int !== undefined) {
    const fits = int >= INT_MIN && int <= INT_MAX;
    return { int: fits ? int : undefined, float: Number(int), ideal: fits ? int : undefined };
  }
  const float = parseGoFloat(text);
  if (float === undefined || !Number.isFinite(float)) return undefined;
  // A float without a fraction may stand for an integer where one is wanted: `1e3`.
  const whole = Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? BigInt(float) : undefined;
  return { int: whole, float, ideal: float };
}

/** A character constant's value as the numbers that it is. */
export function characterNumber(code: number): NumberLiteral {
  return { int: BigInt(code), float: code, ideal: BigInt(code) };
}

/** An integer as Go's `strconv.ParseInt` reads it with base 0, of any size; undefined for none. */
export function parseGoInt(text: string): bigint | undefined {
  const match = /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)$/.exec(text);
  if (match === null) return undefined;
  const digits = (match[2] ?? '').replaceAll('_', '');
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return match[1] === '-' ? -value : value;
}

/** A float as Go's `strconv.ParseFloat` reads it, hexadecimal ones too; undefined for none. */
export function parseGoFloat(text: string): number | undefined {
  // No two parts may take the same digits: a long text that is no number would be tried in every way to divide it.
  if (/^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text)) return Number(text);
  const special = /^([+-]?)(?:inf(?:inity)?|(nan))$/i.exec(text);
  if (special !== null) return special[2] !== undefined ? Number.NaN : special[1] === '-' ? -Infinity : Infinity;
  const hex = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?[0-9]{1,5})$/.exec(text);
  if (hex === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = hex;
  if (whole === '' && fraction === '') return undefined;
  const value = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}
