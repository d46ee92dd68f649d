// OTLP names and units as Prometheus names: the rules that exporters, collectors and Prometheus share.
//
//   http.server.duration, "ms", histogram ─▶ http_server_duration_milliseconds
//   attribute http.route                  ─▶ label http_route
//
// Source: OpenTelemetry specification, "Prometheus and OpenMetrics compatibility"; behaviour of prometheus/otlptranslator.

import { RequestError } from '../../base/request-error.ts';
import type { OtlpMetricsSettings, TranslationStrategy } from './otlp-settings.ts';

/** What a metric is, as far as its name depends on it. */
export type NamedMetricKind = 'gauge' | 'monotonic_sum' | 'sum' | 'histogram' | 'exponential' | 'summary';

const UNITS: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  // The spelling of the field's translators, which stored series already carry.
  ['TiBy', 'tibibytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['1', ''],
  ['%', 'percent'],
]);

const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
]);

const NOT_IN_METRIC_TOKEN = /[^a-zA-Z0-9:]+/;
const NOT_IN_METRIC_NAME = /[^a-zA-Z0-9:_]+/;
const UNDERSCORES_ONLY = /^_+$/;
const LEADING_DIGIT = /^\d/;

/** Label names are few and come with every data point, so they are remembered, up to this many of at most this length. */
const REMEMBERED_NAMES_MAX = 10_000;
const REMEMBERED_LENGTH_MAX = 200;

export type MetricName = Pick<OtlpMetricsSettings, 'translationStrategy' | 'namespace'>;

/** The name of a metric's family. Throws `bad_data` when nothing of the name is left. */
export function metricName(name: string, unit: string, kind: NamedMetricKind, how: MetricName): string {
  const { namespace } = how;
  const suffixes = hasSuffixes(how.translationStrategy);
  const built = !isEscaping(how.translationStrategy)
    ? utf8Name(namespace === '' ? name : `${namespace}_${name}`, unit, kind, suffixes)
    : suffixes
      ? suffixedName(name, unit, kind, namespace)
      : plainName(name, namespace);
  const quoted = JSON.stringify(name);
  if (built === '') throw new RequestError('bad_data', `normalization for metric ${quoted} resulted in empty name`);
  if (built !== name && UNDERSCORES_ONLY.test(built)) {
    throw new RequestError('bad_data', `normalization for metric ${quoted} resulted in invalid name ${JSON.stringify(built)}`);
  }
  return built;
}

/** True when names are brought into the classic character set. */
export function isEscaping(strategy: TranslationStrategy): boolean {
  return strategy === 'UnderscoreEscapingWithSuffixes' || strategy === 'UnderscoreEscapingWithoutSuffixes';
}

function hasSuffixes(strategy: TranslationStrategy): boolean {
  return strategy === 'UnderscoreEscapingWithSuffixes' || strategy === 'NoUTF8EscapingWithSuffixes';
}

/** The unit of a metric's metadata: `By/s` is `bytes_per_second`. */
export function unitName(unit: string): string {
  const { main, per } = unitSuffixes(unit);
  const cleaned = [cleanUnit(main), cleanUnit(per)].filter((part) => part !== '').join('_');
  return cleaned.replace(/^_/, '').replace(/_$/, '');
}

function plainName(name: string, namespace: string): string {
  const joined = tokens(name, NOT_IN_METRIC_NAME).join('_');
  if (namespace !== '') return `${tokens(namespace, NOT_IN_METRIC_NAME).join('_')}_${joined}`;
  return LEADING_DIGIT.test(joined) ? `_${joined}` : joined;
}

function suffixedName(name: string, unit: string, kind: NamedMetricKind, namespace: string): string {
  let parts = withUnit(tokens(name, NOT_IN_METRIC_TOKEN), unit);
  if (kind === 'monotonic_sum') parts = [...parts.filter((part) => part !== 'total'), 'total'];
  // Counters with unit 1 are mostly counts of things, only a gauge is taken for a ratio.
  if (unit === '1' && kind === 'gauge') parts = [...parts.filter((part) => part !== 'ratio'), 'ratio'];
  if (namespace !== '') parts.unshift(tokens(namespace, NOT_IN_METRIC_NAME).join('_'));
  const joined = parts.join('_');
  return LEADING_DIGIT.test(joined) ? `_${joined}` : joined;
}

/** The name's tokens and the unit's, where the name does not say the unit already. */
function withUnit(parts: readonly string[], unit: string): string[] {
  const suffixes = unitSuffixes(unit);
  let main = cleanUnit(suffixes.main);
  let per = cleanUnit(suffixes.per);
  if (parts.includes(main)) main = '';
  if (per === 'per_') per = '';
  else {
    per = per.replace(/_$/, '');
    if (parts.includes(per)) per = '';
  }
  if (per !== '') main = main.replace(/_$/, '');
  return [...parts, main, per].filter((part) => part !== '');
}

/** A name that keeps its characters, with suffixes for unit and kind where they are wanted. */
function utf8Name(name: string, unit: string, kind: NamedMetricKind, suffixes: boolean): string {
  if (!suffixes) return name;
  const { main, per } = unitSuffixes(unit);
  const ends: string[] = [];
  let base = name;
  if (unit === '1' && kind === 'gauge') {
    base = withoutSuffix(base, 'ratio');
    ends.unshift('ratio');
  }
  if (kind === 'monotonic_sum') {
    base = withoutSuffix(base, 'total');
    ends.unshift('total');
  }
  if (per !== '') {
    base = withoutSuffix(base, per);
    ends.unshift(per);
  }
  if (main !== '' && !base.endsWith(main)) ends.unshift(main);
  return [base, ...ends].join('_');
}

/** The name without the suffix and the character before it. */
function withoutSuffix(name: string, suffix: string): string {
  return name.endsWith(suffix) && name.length > suffix.length + 1 ? name.slice(0, -(suffix.length + 1)) : name;
}

/** A unit's two parts in Prometheus's words, `per_` included; what stands in braces is a remark, not a unit. */
function unitSuffixes(unit: string): { readonly main: string; readonly per: string } {
  const slash = unit.indexOf('/');
  const main = (slash < 0 ? unit : unit.slice(0, slash)).trim();
  const per = slash < 0 ? '' : unit.slice(slash + 1).trim();
  const perWord = isRemark(per) ? '' : (PER_UNITS.get(per) ?? per);
  return { main: isRemark(main) ? '' : (UNITS.get(main) ?? main), per: perWord === '' ? '' : `per_${perWord}` };
}

function isRemark(unit: string): boolean {
  return /[{}]/.test(unit);
}

function cleanUnit(unit: string): string {
  return unit.replace(/[^a-zA-Z0-9:]+/g, '_').replace(/^_/, '');
}

function tokens(name: string, separator: RegExp): string[] {
  return name.split(separator).filter((part) => part !== '');
}

export type LabelName = Pick<
  OtlpMetricsSettings,
  'translationStrategy' | 'labelNameUnderscoreSanitization' | 'labelNamePreserveMultipleUnderscores'
>;

/** A function from attribute names to label names, with a bounded memory. It throws `bad_data` when nothing of a name is left. */
export function labelNamer(how: LabelName): (attribute: string) => string {
  const remembered = new Map<string, string>();
  return (attribute) => {
    const known = remembered.get(attribute);
    if (known !== undefined) return known;
    const name = labelName(attribute, how);
    if (remembered.size >= REMEMBERED_NAMES_MAX) remembered.clear();
    if (attribute.length <= REMEMBERED_LENGTH_MAX) remembered.set(attribute, name);
    return name;
  };
}

/** The label name of an attribute. Throws `bad_data` when nothing of it is left. */
export function labelName(attribute: string, how: LabelName): string {
  if (attribute === '') throw new RequestError('bad_data', 'label name is empty');
  const quoted = JSON.stringify(attribute);
  if (!isEscaping(how.translationStrategy)) {
    if (UNDERSCORES_ONLY.test(attribute)) throw new RequestError('bad_data', `label name ${quoted} contains only underscores`);
    return attribute;
  }
  let name = escapeLabelName(attribute, how.labelNamePreserveMultipleUnderscores);
  if (LEADING_DIGIT.test(name)) name = `key_${name}`;
  else if (how.labelNameUnderscoreSanitization && name.startsWith('_') && !name.startsWith('__')) name = `key${name}`;
  if (UNDERSCORES_ONLY.test(name)) {
    throw new RequestError('bad_data', `normalization for label name ${quoted} resulted in invalid name ${JSON.stringify(name)}`);
  }
  return name;
}

function escapeLabelName(name: string, preserveUnderscores: boolean): string {
  const escaped = name.replace(/[^a-zA-Z0-9_]/gu, '_');
  if (preserveUnderscores) return escaped;
  // A reserved name keeps the two underscores at either end.
  const reserved = /^__(.+)__$/.exec(escaped)?.[1];
  return reserved === undefined || UNDERSCORES_ONLY.test(escaped) ? collapse(escaped) : `__${collapse(reserved)}__`;
}

function collapse(name: string): string {
  return name.replace(/__+/g, '_');
}
