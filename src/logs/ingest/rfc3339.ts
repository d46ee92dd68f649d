// Times of RFC 3339 as nanoseconds since the epoch, exactly.

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,40}))?([Zz]|[+-]\d{2}:\d{2})$/;

/** Nanoseconds since the epoch within 64 bits, or undefined where the text is no such time. Digits beyond nanoseconds are cut. Source: RFC 3339, 5.6. */
export function rfc3339Ns(text: string): bigint | undefined {
  const [, date, clock, fraction = '', zone = ''] = RFC3339.exec(text) ?? [];
  const ms = Date.parse(`${date}T${clock}${zone.toUpperCase()}`);
  if (Number.isNaN(ms)) return undefined;
  const ns = BigInt(ms) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return BigInt.asIntN(64, ns) === ns ? ns : undefined;
}
