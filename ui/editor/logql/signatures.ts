// The words of LogQL as completion offers and hovering explains them: how each is written, what it does, and one example.

import type { LineFilterOp, RangeOp, Stage, UnwrapConversion, VectorOp } from '../../../src/logs/logql/ast.ts';
import type { Described } from '../offers.ts';

type StageWord = Exclude<Stage['kind'], 'line_filter' | 'label_filter'> | 'unwrap';
type Words<Name extends string> = Readonly<Record<Name, readonly [form: string, text: string, example: string]>>;

function described(words: Words<string>): readonly Described[] {
  return Object.entries(words).map(([label, [form, text, example]]) => ({ label, form, text, example }));
}

const RANGES: Words<RangeOp> = {
  rate: ['(lines [range])', 'Lines per second; behind `unwrap`, the sum of the values per second.', 'rate({app="shop"} |= "error" [5m])'],
  count_over_time: ['(lines [range])', 'How many lines there are in each range.', 'count_over_time({app="shop"}[1h])'],
  bytes_rate: ['(lines [range])', 'Bytes of lines per second.', 'sum(bytes_rate({app="shop"}[5m]))'],
  bytes_over_time: ['(lines [range])', 'Bytes of all lines in each range.', 'bytes_over_time({app="shop"}[1h])'],
  absent_over_time: [
    '(lines [range])',
    '1 where a range has no line at all: the thing to alert on.',
    'absent_over_time({app="shop"}[10m])',
  ],
  rate_counter: [
    '(unwrapped [range])',
    'Values as a counter: its rise per second, resets counted.',
    'rate_counter({app="shop"} | json | unwrap total [5m])',
  ],
  sum_over_time: ['(unwrapped [range])', 'Sum of the values.', 'sum_over_time({app="shop"} | json | unwrap bytes(size) [5m])'],
  avg_over_time: [
    '(unwrapped [range])',
    'Mean of the values.',
    'avg_over_time({app="shop"} | logfmt | unwrap duration(took) [5m]) by (path)',
  ],
  max_over_time: ['(unwrapped [range])', 'Largest value.', 'max_over_time({app="shop"} | json | unwrap size [5m]) by (path)'],
  min_over_time: ['(unwrapped [range])', 'Smallest value.', 'min_over_time({app="shop"} | json | unwrap size [5m]) by (path)'],
  first_over_time: ['(unwrapped [range])', 'The oldest value.', 'first_over_time({app="shop"} | json | unwrap size [5m])'],
  last_over_time: ['(unwrapped [range])', 'The newest value.', 'last_over_time({app="shop"} | json | unwrap size [5m])'],
  stddev_over_time: [
    '(unwrapped [range])',
    'Standard deviation of the values.',
    'stddev_over_time({app="shop"} | json | unwrap size [5m])',
  ],
  stdvar_over_time: ['(unwrapped [range])', 'Variance of the values.', 'stdvar_over_time({app="shop"} | json | unwrap size [5m])'],
  quantile_over_time: [
    '(quantile, unwrapped [range])',
    'A quantile of the values, from 0 to 1.',
    'quantile_over_time(0.99, {app="shop"} | json | unwrap duration(took) [5m]) by (path)',
  ],
};

const VECTORS: Words<VectorOp> = {
  sum: ['by (labels) (vector)', 'Sum of each group.', 'sum by (level) (rate({app="shop"}[5m]))'],
  avg: ['by (labels) (vector)', 'Mean of each group.', 'avg by (app) (rate({env="prod"}[5m]))'],
  max: ['by (labels) (vector)', 'Largest of each group.', 'max by (app) (rate({env="prod"}[5m]))'],
  min: ['by (labels) (vector)', 'Smallest of each group.', 'min by (app) (rate({env="prod"}[5m]))'],
  count: ['by (labels) (vector)', 'How many series each group has.', 'count(rate({env="prod"}[5m]))'],
  stddev: ['by (labels) (vector)', 'Standard deviation within each group.', 'stddev by (app) (rate({env="prod"}[5m]))'],
  stdvar: ['by (labels) (vector)', 'Variance within each group.', 'stdvar by (app) (rate({env="prod"}[5m]))'],
  topk: ['(k, vector)', 'The k largest series of each group.', 'topk(5, sum by (path) (rate({app="shop"} | json [5m])))'],
  bottomk: ['(k, vector)', 'The k smallest series of each group.', 'bottomk(5, sum by (path) (rate({app="shop"} | json [5m])))'],
  approx_topk: [
    '(k, vector)',
    'The k largest series, by an estimate; takes no grouping.',
    'approx_topk(5, sum by (path) (rate({app="shop"} | json [5m])))',
  ],
  sort: ['(vector)', 'Ascending by value.', 'sort(sum by (app) (rate({env="prod"}[5m])))'],
  sort_desc: ['(vector)', 'Descending by value.', 'sort_desc(sum by (app) (rate({env="prod"}[5m])))'],
};

const CALLS: Words<string> = {
  label_replace: [
    '(vector, destination, replacement, source, regex)',
    'Sets a label from the groups of a regular expression over another.',
    'label_replace(rate({app="shop"}[5m]), "host", "$1", "pod", "(.*)-.*")',
  ],
  vector: ['(number)', 'One series without labels that always has this value.', 'sum(count_over_time({app="shop"}[1m])) or vector(0)'],
  variants: [
    '(aggregations) of (lines [range])',
    'Several aggregations over one reading of the lines.',
    'variants(count_over_time({app="shop"}[1m]), bytes_over_time({app="shop"}[1m])) of ({app="shop"}[1m])',
  ],
};

const STAGES: Words<StageWord> = {
  json: ['[label="path", …]', 'Fields of JSON lines become labels: all of them, or those that are named.', '| json status="response.code"'],
  logfmt: ['[--strict] [--keep-empty] [label="key", …]', 'Pairs like key=value become labels.', '| logfmt --strict'],
  regexp: ['"regex"', 'Named groups of a regular expression become labels.', '| regexp "(?P<method>\\\\w+) (?P<path>\\\\S+)"'],
  pattern: [
    '"pattern"',
    'What stands in the gaps becomes labels; `<_>` is left out.',
    '| pattern "<ip> - - <_> \\"<method> <path> <_>\\" <status>"',
  ],
  unpack: ['', 'Takes apart what an agent packed: labels, and the line under `_entry`.', '| unpack'],
  line_format: ['"template"', 'Writes the line anew, with a template over its labels.', '| line_format "{{.level}} {{.msg}}"'],
  label_format: [
    'label=other, label="template"',
    'Renames a label, or writes it with a template.',
    '| label_format host="{{.pod | trunc 8}}"',
  ],
  decolorize: ['', 'Takes colour codes of terminals out of the line.', '| decolorize'],
  drop: ['label, label="value"', 'Takes labels away, also only where a value matches.', '| drop __error__, level="debug"'],
  keep: ['label, label="value"', 'Keeps these labels only.', '| keep level, msg'],
  distinct: ['label, …', 'Of lines that are alike in these labels, the first.', '| distinct user'],
  unwrap: ['label', 'The number that an aggregation over ranges counts with.', '| unwrap duration(took)'],
};

const LINE_FILTERS: Words<LineFilterOp> = {
  '|=': ['"text"', 'The line holds the text.', '|= "error" or "fatal"'],
  '!=': ['"text"', 'The line does not hold the text.', '!= "health"'],
  '|~': ['"regex"', 'The line matches the regular expression.', '|~ "(?i)timeout|refused"'],
  '!~': ['"regex"', 'The line does not match the regular expression.', '!~ "GET /(health|ready)"'],
  '|>': ['"pattern"', 'The line has this form, with any text for `<_>`.', '|> "<_> level=error <_>"'],
  '!>': ['"pattern"', 'The line does not have this form.', '!> "<_> debug <_>"'],
};

const CONVERSIONS: Words<Exclude<UnwrapConversion, ''>> = {
  duration: ['(label)', 'Seconds of a text like `1.5s`.', '| unwrap duration(took)'],
  duration_seconds: ['(label)', 'Seconds of a text like `1.5s`.', '| unwrap duration_seconds(took)'],
  bytes: ['(label)', 'Bytes of a text like `5 MB`.', '| unwrap bytes(size)'],
};

const GROUPINGS: Words<string> = {
  by: ['(labels)', 'Keeps these labels.', 'sum by (level) (…)'],
  without: ['(labels)', 'Drops these labels.', 'sum without (pod) (…)'],
};

const MATCHINGS: Words<string> = {
  on: ['(labels)', 'Pairs the sides by these labels.', 'a / on (app) b'],
  ignoring: ['(labels)', 'Pairs the sides by all but these labels.', 'a / ignoring (level) b'],
  group_left: ['(labels)', 'Many on the left for one on the right.', 'a / on (app) group_left b'],
  group_right: ['(labels)', 'Many on the right for one on the left.', 'a / on (app) group_right b'],
  bool: ['', 'Compares to 0 or 1 instead of dropping.', 'a > bool 10'],
};

const OPERATORS: Words<string> = {
  and: ['', 'Series that both sides have; of label filters, both.', 'a and b'],
  or: ['', 'Series of either side; of filters, either.', 'a or vector(0)'],
  unless: ['', 'Series that only the left side has.', 'a unless b'],
};

const OTHERS: Words<string> = {
  offset: ['duration', 'Earlier by a duration.', 'rate({app="shop"}[5m] offset 1d)'],
  ip: ['("address")', 'An address, a range of them or a network.', 'addr = ip("10.0.0.0/8")'],
};

export const RANGES_OFFERED = described(RANGES);
export const VECTORS_OFFERED = described(VECTORS);
export const CALLS_OFFERED = described(CALLS);
export const STAGES_OFFERED = described(STAGES);
export const LINE_FILTERS_OFFERED = described(LINE_FILTERS);
export const CONVERSIONS_OFFERED = described(CONVERSIONS);
export const GROUPINGS_OFFERED = described(GROUPINGS);
export const MATCHINGS_OFFERED = described(MATCHINGS);
export const OPERATORS_OFFERED = described(OPERATORS);
export const OTHERS_OFFERED = described(OTHERS);
