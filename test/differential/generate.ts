// Queries over the data of `data.ts`, well-typed and made from the grammar: the same query for the same seed.
//
//   QueryGenerator ─▶ vector / matrix / scalar, to a depth ─▶ text ─▶ an instant or a range query

import { randomFrom } from '../harness/random.ts';
import { DATA_FROM_MS, DATA_TO_MS } from './data.ts';

/** Times are seconds, always at a quarter after a whole one. */
export type AskedQuery =
  | { readonly kind: 'instant'; readonly text: string; readonly time: number }
  | { readonly kind: 'range'; readonly text: string; readonly start: number; readonly end: number; readonly step: number };

const DEPTH_MAX = 4;
const STEPS_MAX = 60;
const STEPS_S = [1, 5, 7, 13, 15, 20, 30, 60, 97, 300, 601];

const METRICS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  requests_total: { job: ['api', 'web', 'db'], instance: ['a', 'b'], method: ['get', 'post'], code: ['200', '404', '500'] },
  errors_total: { job: ['api', 'web', 'db'], instance: ['a', 'b'] },
  memory_bytes: { job: ['api', 'web', 'db'], instance: ['a', 'b'], zone: ['north', ''] },
  temperature: { job: ['api', 'web', 'db'], instance: ['a', 'b'], core: ['0', '1'] },
  up: { job: ['api', 'web', 'db'], instance: ['a', 'b'] },
  build_info: { job: ['api', 'web', 'db'], instance: ['a', 'b'], version: ['1.9', '1.10'] },
  limit_bytes: { job: ['api', 'web', 'db'] },
  latency_seconds_bucket: { job: ['api', 'web', 'db'], instance: ['a', 'b'], le: ['0.1', '0.5', '1', '+Inf'] },
  latency_seconds_count: { job: ['api', 'web', 'db'], instance: ['a', 'b'] },
  latency_seconds_sum: { job: ['api', 'web', 'db'], instance: ['a', 'b'] },
  weird: { kind: ['constant-0', 'constant-1', 'mixed', 'constant-5'] },
  sparse: { job: ['api', 'web'] },
  lonely: {},
  missing: { job: ['api'] },
};
const LABELS = ['job', 'instance', 'method', 'code', 'zone', 'core', 'version', 'le', 'kind', 'none'];
const PATTERNS = [
  'a.*',
  '.*b',
  '.+',
  '.*',
  'a|web',
  '(api|db)',
  '[a-c]',
  '',
  '2..',
  '.*\\\\.1.*',
  'constant-[0-3]',
  '(?i)API',
  'two.lines',
];

/** Metrics no two of whose series ever have the same value, and functions that leave it so. */
export const DISTINCT_METRICS: readonly string[] = ['memory_bytes', 'requests_total'];
export const DISTINCT_FUNCTIONS: readonly string[] = ['max_over_time', 'min_over_time', 'last_over_time'];

const OF_VECTOR = (
  'abs acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sqrt tan tanh ' +
  'day_of_month day_of_week day_of_year days_in_month hour minute month year timestamp sort sort_desc'
).split(' ');
const OF_MATRIX = (
  'avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time max_over_time min_over_time ' +
  'present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time rate increase absent_over_time'
).split(' ');
const AGGREGATES = ['sum', 'avg', 'count', 'min', 'max', 'group', 'stddev', 'stdvar'];
const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2'];
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];
const SETS = ['and', 'or', 'unless'];
const RANGES = ['20s', '45s', '1m', '2m', '5m', '7m30s', '13m', '1h'];
const SUBQUERY_RANGES = ['45s500ms', '2m500ms', '5m500ms', '12m500ms'];
const SUBQUERY_STEPS = ['', '15s', '30s', '1m', '7s', '90s'];
const OFFSETS = ['1s', '15s', '1m', '5m', '17m', '-1m', '-5m'];
const NUMBERS = ['0', '1', '2', '3', '0.5', '-1', '10', '100', '1e3', '0x1F', '0.25', '1e-3', 'NaN', 'Inf', '-Inf'];

/** The query that belongs to a seed. */
export function generateQuery(seed: number): AskedQuery {
  return new QueryGenerator(seed).query();
}

class QueryGenerator {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomFrom(Math.imul(seed, 0x9e3779b1));
    for (let i = 0; i < 4; i++) this.#random();
  }

  query(): AskedQuery {
    const from = DATA_FROM_MS / 1000;
    const seconds = (DATA_TO_MS - DATA_FROM_MS) / 1000;
    // The first half is there from the beginning: see run.ts.
    const start = from + this.#below(this.#chance(0.4) ? seconds / 2 : seconds + 300) + 0.25;
    const depth = 1 + this.#below(DEPTH_MAX);
    if (this.#chance(0.5)) {
      return { kind: 'range', ...this.#times(start), text: this.#chance(0.06) ? this.#scalar(depth) : this.#vector(depth) };
    }
    const text = this.#pickOne<() => string>([
      ...Array.from({ length: 20 }, () => () => this.#vector(depth)),
      () => this.#scalar(depth),
      () => this.#matrix(depth),
      () => `"text \\u00e9 ${this.#below(9)}"`,
    ])();
    return { kind: 'instant', text, time: start };
  }

  #times(start: number): { readonly start: number; readonly end: number; readonly step: number } {
    const step = this.#pickOne(STEPS_S);
    return { start, end: start + this.#below(STEPS_MAX * step), step };
  }

  #vector(depth: number): string {
    if (depth <= 0) return this.#selector();
    const inner = depth - 1;
    return this.#pickOne<() => string>([
      () => this.#selector(),
      () => this.#ofVector(inner),
      () => this.#ofVector(inner),
      () => this.#ofMatrix(inner),
      () => this.#ofMatrix(inner),
      () => this.#ofMatrix(inner),
      () => this.#aggregate(inner),
      () => this.#aggregate(inner),
      () => this.#aggregate(inner),
      () => this.#pair(inner),
      () => this.#pair(inner),
      () => this.#pair(inner),
      () => this.#withScalar(inner),
      () => this.#withScalar(inner),
      () => `${this.#pickOne(['-', '-', '+'])}${this.#operand(inner)}`,
      () => `(${this.#vector(inner)})`,
      () => this.#label(inner),
      () => this.#withParameters(inner),
    ])();
  }

  #operand(depth: number): string {
    return depth <= 0 || this.#chance(0.3) ? this.#selector() : `(${this.#vector(depth)})`;
  }

  #selector(): string {
    return `${this.#bareSelector()}${this.#modifiers()}`;
  }

  #bareSelector(): string {
    const name = this.#pickOne(Object.keys(METRICS));
    if (this.#chance(0.02))
      return `{__name__=~"${this.#pickOne(['.*_total', 'up|lonely', 'latency.*', '.+', 'requests_total'])}",job="api"}`;
    const matchers: string[] = [];
    for (const [label, values] of Object.entries(METRICS[name] ?? {})) {
      if (this.#chance(0.8)) continue;
      const op = this.#pickOne(['=', '=', '!=', '=~', '!~']);
      matchers.push(`${label}${op}"${this.#pickOne(op.includes('~') ? [...PATTERNS, ...values.map(escaped)] : [...values, ''])}"`);
    }
    if (this.#chance(0.03)) matchers.push(`${this.#pickOne(LABELS)}!=""`);
    return matchers.length === 0 ? name : `${name}{${matchers.join(',')}}`;
  }

  #modifiers(): string {
    const offset = this.#chance(0.12) ? ` offset ${this.#pickOne(OFFSETS)}` : '';
    const at = this.#chance(0.08) ? ` @ ${this.#at()}` : '';
    return this.#chance(0.5) ? `${offset}${at}` : `${at}${offset}`;
  }

  #at(): string {
    const time = DATA_FROM_MS / 1000 + this.#below(8000);
    return this.#pickOne(['start()', 'end()', String(time), `${time}.125`]);
  }

  #matrix(depth: number): string {
    if (depth <= 0 || this.#chance(0.6)) return `${this.#bareSelector()}[${this.#pickOne(RANGES)}]${this.#modifiers()}`;
    const range = `[${this.#pickOne(SUBQUERY_RANGES)}:${this.#pickOne(SUBQUERY_STEPS)}]`;
    return `${this.#chance(0.1) ? `vector(${this.#scalar(depth - 1)})` : this.#operand(depth - 1)}${range}${this.#modifiers()}`;
  }

  #scalar(depth: number): string {
    if (depth <= 0 || this.#chance(0.4)) return this.#pickOne([...NUMBERS, 'time()', 'pi()']);
    const inner = depth - 1;
    return this.#pickOne<() => string>([
      () => `scalar(${this.#vector(inner)})`,
      () => `(${this.#scalar(inner)} ${this.#pickOne(ARITHMETIC)} ${this.#scalar(inner)})`,
      () => `(${this.#scalar(inner)} ${this.#pickOne(COMPARISONS)} bool ${this.#scalar(inner)})`,
      () => `-(${this.#scalar(inner)})`,
    ])();
  }

  #ofVector(depth: number): string {
    if (this.#chance(0.03)) return this.#pickOne(['hour()', 'day_of_year()', 'days_in_month()', 'minute()', 'vector(time())']);
    if (this.#chance(0.08)) return `absent(${this.#vector(depth)})`;
    if (this.#chance(0.05)) return `vector(${this.#scalar(depth)})`;
    return `${this.#pickOne(OF_VECTOR)}(${this.#vector(depth)})`;
  }

  #ofMatrix(depth: number): string {
    const matrix = this.#matrix(depth);
    return this.#pickOne<() => string>([
      ...OF_MATRIX.map((name) => () => `${name}(${matrix})`),
      () => `quantile_over_time(${this.#quantile(depth)}, ${matrix})`,
      () => `predict_linear(${matrix}, ${this.#scalar(Math.min(depth, 1))})`,
      () => `double_exponential_smoothing(${matrix}, ${this.#pickOne(['0.1', '0.5', '0.9', '2'])}, ${this.#pickOne(['0.3', '0.8', '0'])})`,
    ])();
  }

  #quantile(depth: number): string {
    return this.#chance(0.15) ? this.#scalar(depth) : this.#pickOne(['0', '0.1', '0.5', '0.9', '1', '-1', '2']);
  }

  #grouping(): string {
    if (this.#chance(0.25)) return '';
    return `${this.#pickOne([' by', ' by', ' without'])} (${this.#labels(['job', 'instance', 'le', ...LABELS]).join(', ')})`;
  }

  #labels(among: readonly string[]): string[] {
    const count = this.#below(4);
    return [...new Set(Array.from({ length: count }, () => this.#pickOne(among)))];
  }

  #aggregate(depth: number): string {
    const head = (op: string): string => `${op}${this.#grouping()}`;
    return this.#pickOne<() => string>([
      ...AGGREGATES.map((op) => () => `${head(op)} (${this.#vector(depth)})`),
      () =>
        `${head(this.#pickOne(['topk', 'bottomk']))} (${this.#pickOne(['1', '2', '3', '5', '0', '-1', '2.9'])}, ${this.#distinct(depth)})`,
      () => `${head('quantile')} (${this.#quantile(depth)}, ${this.#vector(depth)})`,
      () => `${head('count_values')} ("${this.#pickOne(['value', 'job', 'version'])}", ${this.#vector(depth)})`,
    ])();
  }

  /** Mostly what has no two equal values, for which a rank is defined. */
  #distinct(depth: number): string {
    if (this.#chance(0.2)) return this.#vector(depth);
    const name = this.#pickOne(DISTINCT_METRICS);
    if (this.#chance(0.6)) return `${name}${this.#modifiers()}`;
    return `${this.#pickOne(DISTINCT_FUNCTIONS)}(${name}[${this.#pickOne(RANGES)}])`;
  }

  #pair(depth: number): string {
    const op = this.#pickOne([...ARITHMETIC, ...COMPARISONS, ...SETS, ...SETS]);
    const set = SETS.includes(op);
    const bool = COMPARISONS.includes(op) && this.#chance(0.4) ? ' bool' : '';
    if (this.#chance(0.5)) return this.#knownPair(`${op}${bool}`, set);
    const matching = this.#chance(0.5) ? ` ${this.#pickOne(['on', 'ignoring'])} (${this.#labels(LABELS.slice(0, 4)).join(', ')})` : '';
    const group =
      matching !== '' && !set && this.#chance(0.5) ? ` ${this.#pickOne(['group_left', 'group_right'])} (${this.#included(matching)})` : '';
    return `${this.#operand(depth)} ${op}${bool}${matching}${group} ${this.#operand(depth)}`;
  }

  #included(matching: string): string {
    return matching.startsWith(' on') ? this.#labels(['version', 'zone', 'none', 'kind']).join(', ') : this.#labels(LABELS).join(', ');
  }

  /** Pairs whose labels fit one another: one to one, many to one and one to many. */
  #knownPair(op: string, set: boolean): string {
    const [left, matching, group, right] = this.#pickOne([
      ['requests_total', 'on (job, instance)', 'group_left ()', 'errors_total'],
      ['rate(requests_total[5m])', 'ignoring (method, code)', 'group_left ()', 'rate(errors_total[5m])'],
      ['errors_total', 'on (job, instance)', 'group_right ()', 'requests_total{method="get"}'],
      ['temperature', 'on (job, instance)', 'group_left (zone)', 'memory_bytes'],
      ['memory_bytes', 'on (job)', 'group_left ()', 'limit_bytes'],
      ['up', 'on (job, instance)', 'group_left (version)', 'build_info'],
      ['requests_total', 'on (job, instance)', 'group_left (version, zone)', 'last_over_time(build_info[2m])'],
      ['limit_bytes', 'ignoring (instance, zone)', 'group_right ()', 'memory_bytes'],
      ['latency_seconds_sum', '', '', 'latency_seconds_count'],
      ['requests_total{code="500"}', 'ignoring (code)', '', 'requests_total{code="200"}'],
      ['sparse', 'on (job)', '', 'limit_bytes'],
      ['up', '', '', 'errors_total'],
    ] as const);
    return `${left} ${op} ${matching} ${set ? '' : group} ${right}`.replaceAll(/ +/g, ' ');
  }

  #withScalar(depth: number): string {
    const op = this.#pickOne([...ARITHMETIC, ...COMPARISONS]);
    const bool = COMPARISONS.includes(op) && this.#chance(0.4) ? ' bool' : '';
    const [scalar, vector] = [this.#scalar(Math.min(depth, 2)), this.#operand(depth)];
    return this.#chance(0.7) ? `${vector} ${op}${bool} ${scalar}` : `${scalar} ${op}${bool} ${vector}`;
  }

  #label(depth: number): string {
    const [target, source] = [this.#pickOne(['job', 'added', 'instance', '__name__']), this.#pickOne(LABELS)];
    const vector = this.#vector(depth);
    if (this.#chance(0.4)) return `label_join(${vector}, "${target}", "${this.#pickOne(['-', '', '/'])}", "${source}", "job")`;
    const [replacement, pattern] = this.#pickOne([
      ['$1', '(.*)'],
      ['x-$1', '(.).*'],
      ['$2:$1', '(a)(p?).*'],
      ['', '.*'],
      ['fixed', ''],
      ['${first}', '(?P<first>[a-z]+).*'],
    ] as const);
    return `label_replace(${vector}, "${target}", "${replacement}", "${source}", "${pattern}")`;
  }

  #withParameters(depth: number): string {
    const scalar = (): string => this.#scalar(Math.min(depth, 1));
    return this.#pickOne<() => string>([
      () => `clamp(${this.#vector(depth)}, ${scalar()}, ${scalar()})`,
      () => `clamp_min(${this.#vector(depth)}, ${scalar()})`,
      () => `clamp_max(${this.#vector(depth)}, ${scalar()})`,
      () => `round(${this.#vector(depth)})`,
      () => `round(${this.#vector(depth)}, ${this.#pickOne(['0.1', '5', '10', '0.25'])})`,
      () => `histogram_quantile(${this.#quantile(depth)}, ${this.#chance(0.3) ? this.#vector(depth) : 'latency_seconds_bucket'})`,
      () => `histogram_quantile(${this.#quantile(depth)}, rate(latency_seconds_bucket[${this.#pickOne(RANGES)}]))`,
      () => `histogram_quantile(${this.#quantile(depth)}, sum by (le, job) (rate(latency_seconds_bucket[5m])))`,
    ])();
  }

  #pickOne<T>(among: readonly T[]): T {
    const picked = among[this.#below(among.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  #chance(part: number): boolean {
    return this.#random() < part;
  }
}

/** A label's value as a regular expression within a string literal. */
function escaped(value: string): string {
  return value.replaceAll(/[.+*?]/g, '\\\\$&');
}

/** Any of the steps of a range query, by a seed. */
export function someStep({ start, end, step }: AskedQuery & { readonly kind: 'range' }, seed: number): number {
  const steps = Math.floor((end - start) / step) + 1;
  return start + step * (Math.abs(Math.imul(seed, 0x9e3779b1)) % steps);
}
