// Time zones: UTC, fixed offsets, and those of the IANA database through `Intl`, which browsers and Node alike have.

/** What a zone says of an instant. */
export interface ZoneOffset {
  /** Seconds east of UTC. */
  readonly offsetS: number;
  /** `CET`; empty where the zone has no name for it. */
  readonly abbreviation: string;
}

export interface Zone {
  readonly name: string;
  /** `seconds` since the epoch. */
  at(seconds: number): ZoneOffset;
}

export const UTC: Zone = fixedZone('UTC', 0);

/** A zone that is always as far from UTC. */
export function fixedZone(name: string, offsetS: number): Zone {
  const offset: ZoneOffset = { offsetS, abbreviation: name };
  return { name, at: () => offset };
}

const zones = new Map<string, Zone | undefined>();
const ZONES_MAX = 200;

/** The zone of an IANA name; `Local` is UTC, as on a server. Undefined for a name that nobody knows. */
export function zoneOf(name: string): Zone | undefined {
  if (name === '' || name === 'UTC' || name === 'Local') return UTC;
  if (zones.has(name)) return zones.get(name);
  if (zones.size >= ZONES_MAX) zones.clear();
  const zone = intlZone(name);
  zones.set(name, zone);
  return zone;
}

/** Offsets change at whole quarters of an hour at the earliest. */
const PERIOD_S = 900;
const KNOWN_MAX = 2000;
/** Between them they know the abbreviations of most regions. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA'];

/** Abbreviations that `Intl` has in none of those languages, by the hours from UTC. Source: the IANA time zone database. */
const ABBREVIATIONS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'Asia/Hong_Kong': { 8: 'HKT' },
  'Asia/Jakarta': { 7: 'WIB' },
  'Asia/Jerusalem': { 2: 'IST', 3: 'IDT' },
  'Asia/Karachi': { 5: 'PKT' },
  'Asia/Manila': { 8: 'PST' },
  'Asia/Seoul': { 9: 'KST' },
  'Asia/Shanghai': { 8: 'CST' },
  'Asia/Taipei': { 8: 'CST' },
  'Asia/Tokyo': { 9: 'JST' },
  'Europe/Moscow': { 3: 'MSK' },
};

function intlZone(name: string): Zone | undefined {
  // `Intl` takes offsets for names too, which are none in Go.
  if (!/^[A-Za-z]/.test(name)) return undefined;
  let formats: readonly Intl.DateTimeFormat[];
  try {
    formats = LOCALES.map((locale) => new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' }));
    const longOffset = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    return cachedZone(name, (seconds) => readZone(name, seconds, { longOffset, names: formats }));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function cachedZone(name: string, read: (seconds: number) => ZoneOffset): Zone {
  const known = new Map<number, ZoneOffset>();
  return {
    name,
    at: (seconds) => {
      const period = Math.floor(seconds / PERIOD_S);
      let offset = known.get(period);
      if (offset === undefined) {
        if (known.size >= KNOWN_MAX) known.clear();
        offset = read(period * PERIOD_S);
        known.set(period, offset);
      }
      return offset;
    },
  };
}

/** `Intl` formats times of some 270,000 years around the epoch. */
const INTL_S_MAX = 8_640_000_000_000;

interface ZoneFormats {
  readonly longOffset: Intl.DateTimeFormat;
  /** In several languages. */
  readonly names: readonly Intl.DateTimeFormat[];
}

function readZone(name: string, seconds: number, { longOffset, names }: ZoneFormats): ZoneOffset {
  const date = new Date(Math.min(Math.max(seconds, -INTL_S_MAX), INTL_S_MAX) * 1000);
  const text = zonePart(longOffset, date);
  const [, sign, hours = '0', minutes = '0', rest = '0'] = /^(?:GMT|UTC)([+-])(\d+):(\d+)(?::(\d+))?$/.exec(text) ?? [];
  const offsetS = (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(rest));
  const short = names.map((format) => zonePart(format, date)).find((part) => !/^(GMT|UTC)[+-]/.test(part));
  const known = ABBREVIATIONS[name]?.[offsetS / 3600];
  return { offsetS, abbreviation: known ?? short ?? `${sign ?? '+'}${hours}${minutes === '00' ? '' : minutes}` };
}

function zonePart(format: Intl.DateTimeFormat, date: Date): string {
  return format.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}
