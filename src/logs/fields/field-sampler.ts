// Samples of lines whose query looks at a few fields only: `sum by (level) (rate({…} | logfmt [1m]))`, `… | logfmt | status >= 500 | unwrap took …`.
//
//   bytes of a line ─▶ its fields (logfmt-fields.ts) ─▶ numbers of their values (byte-table.ts) ─▶ what the query makes of each number, remembered
//
// Nothing is decided here: what a value means to a label filter or an unwrapping is asked of the stages themselves, once for each different value.
// A line that is not plain, or metadata that is named like a field, goes the long way (line-samples.ts), and so does all that sets an error.

import type { TextColumn } from '../../storage/native.ts';
import { labelValue, type Labels, NO_LABELS } from '../../query/labels.ts';
import type { LineBlock, Streams } from '../line-block.ts';
import type { JsonStage, LabelFilter, LogfmtStage, Stage, Unwrap } from '../logql/ast.ts';
import { LineLabels } from '../logql/line-labels.ts';
import { labelFilterStage } from '../logql/stage/label-filter.ts';
import { compileUnwrap } from '../logql/unwrap.ts';
import type { RangeRequest } from '../range-source.ts';
import type { SampleGrouping } from '../sample-grouping.ts';
import type { SeriesNumbers } from '../series-numbers.ts';
import { ByteTable, NO_VALUE, TOO_MANY } from './byte-table.ts';
import type { FieldForm } from './field-expressions.ts';
import { JSON_FORM } from './json-sql.ts';
import { LogfmtFields } from './logfmt-fields.ts';
import { LOGFMT_FORM } from './logfmt-sql.ts';

/** Instead of a series: the line is dropped, or has to go the long way. */
export const DROPPED = -1;
export const LONG_WAY = -2;

/** What a value means to a query: nothing yet, and what a label filter says of it. */
const UNKNOWN = 0;
const PASSES = 1;
const FAILS = 2;
const FALSE_FRIEND = 3;

/** A field that the query looks at. */
class Field {
  readonly name: string;
  readonly table = new ByteTable();
  readonly filters: ((value: string | undefined) => number)[] = [];
  /** By number of the value, what the filters say. */
  #verdicts = new Uint8Array(256);
  readonly #plain: boolean[] = [];

  constructor(name: string) {
    this.name = name;
  }

  verdict(number: number): number {
    if (number >= this.#verdicts.length) {
      const grown = new Uint8Array(Math.max(number + 1, this.#verdicts.length * 2));
      grown.set(this.#verdicts);
      this.#verdicts = grown;
    }
    const known = this.#verdicts[number] as number;
    return known === UNKNOWN ? (this.#verdicts[number] = this.#judge(number)) : known;
  }

  /** True where what stands behind a pair's name is its whole value. */
  isPlain(number: number, form: FieldForm): boolean {
    return (this.#plain[number] ??= number === NO_VALUE || form.isPlain(this.table.text(number)));
  }

  #judge(number: number): number {
    const value = number === NO_VALUE ? undefined : this.table.text(number);
    for (const filter of this.filters) {
      const verdict = filter(value);
      if (verdict !== PASSES) return verdict;
    }
    return PASSES;
  }
}

/** A row of values in columns, one for each of the names. */
export interface FieldRow {
  readonly streams: Streams;
  readonly stream: number;
  readonly names: readonly string[];
  readonly fields: readonly (TextColumn | undefined)[];
  readonly row: number;
}

export class FieldSampler {
  /** The value of the sample that `sample` found. */
  value = 1;
  /** The form in which ClickHouse finds the fields. */
  readonly form: FieldForm;
  readonly #fields: readonly Field[];
  /** Undefined where this process has no shorter way of its own. */
  readonly #scan: LogfmtFields | undefined;
  readonly #grouped: readonly number[];
  readonly #unwrapped: number;
  readonly #unwrap: Unwrap | undefined;
  readonly #countsBytes: boolean;
  readonly #series: SeriesNumbers;
  readonly #numbers: Int32Array;
  readonly #labels = new LineLabels();
  /** By stream: numbers of the fields that its labels give, `NO_VALUE` where the line does. */
  #ofStream: (Int32Array | undefined)[] = [];
  #streams: Streams | undefined;
  /** From a stream, over the numbers of the values, to a series: a tree whose edges are in one map. */
  readonly #edges = new Map<number, number>();
  #nodes = 0;
  #unwrappedValues: number[] = [];

  private constructor(request: RangeRequest, plan: FieldPlan, series: SeriesNumbers) {
    this.#fields = plan.fields;
    this.#grouped = plan.grouped;
    this.#unwrapped = plan.unwrapped;
    this.#unwrap = request.range.unwrap;
    this.#countsBytes = request.value === 'bytes';
    this.#series = series;
    this.form = plan.parser === 'json' ? JSON_FORM : LOGFMT_FORM;
    this.#scan = plan.parser === 'json' ? undefined : new LogfmtFields(plan.fields.map(({ name }) => name));
    this.#numbers = new Int32Array(plan.fields.length);
  }

  /** A sampler for queries that it can serve, else undefined. */
  static of(request: RangeRequest, grouping: SampleGrouping, series: SeriesNumbers): FieldSampler | undefined {
    const plan = planFields(request, grouping);
    return plan === undefined ? undefined : new FieldSampler(request, plan, series);
  }

  /** The series of a line, `DROPPED` or `LONG_WAY`. Hot: once per line. */
  sample(block: LineBlock, row: number): number {
    const { lines, metadata } = block;
    const scan = this.#scan;
    if (scan === undefined) return LONG_WAY;
    const stream = block.stream[row] as number;
    const given = this.#streamNumbers(block.streams, stream);
    if (metadata !== undefined && this.#clashes(metadata[row] ?? NO_LABELS)) return LONG_WAY;
    const bytes = lines.bytes;
    if (!scan.read(bytes, lines.starts[row] as number, lines.ends[row] as number)) return LONG_WAY;
    const fields = this.#fields;
    const numbers = this.#numbers;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as Field;
      const from = scan.from[i] as number;
      let number = given[i] as number;
      if (number === NO_VALUE && from >= 0) number = field.table.number(bytes, from, scan.to[i] as number);
      if (number === TOO_MANY) return LONG_WAY;
      if (field.filters.length > 0) {
        const verdict = field.verdict(number);
        if (verdict !== PASSES) return verdict === FAILS ? DROPPED : LONG_WAY;
      }
      numbers[i] = number;
    }
    return this.#outcome(block.streams, stream, (lines.ends[row] as number) - (lines.starts[row] as number));
  }

  /** The labels whose values matter. */
  get names(): readonly string[] {
    return this.#fields.map(({ name }) => name);
  }

  /** As `sample`, of a row of values as ClickHouse found them behind a pair's name; `bytes` is the line's length. Hot: once per line. */
  sampleAt({ streams, stream, names, fields: columns, row }: FieldRow, bytes: number): number {
    const given = this.#streamNumbers(streams, stream);
    const fields = this.#fields;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as Field;
      let number = given[i] as number;
      const column = number === NO_VALUE ? columns[names.indexOf(field.name)] : undefined;
      if (column !== undefined) {
        const from = column.starts[row] as number;
        const to = column.ends[row] as number;
        if (to > from) number = field.table.number(column.bytes, from, to);
        if (number === TOO_MANY || !field.isPlain(number, this.form)) return LONG_WAY;
      }
      if (field.filters.length > 0) {
        const verdict = field.verdict(number);
        if (verdict !== PASSES) return verdict === FAILS ? DROPPED : LONG_WAY;
      }
      this.#numbers[i] = number;
    }
    return this.#outcome(streams, stream, bytes);
  }

  /** The series of the line whose values' numbers are in `#numbers`. */
  #outcome(streams: Streams, stream: number, bytes: number): number {
    this.value = this.#countsBytes ? bytes : 1;
    if (this.#unwrapped >= 0) {
      const number = this.#numbers[this.#unwrapped] as number;
      if (number === NO_VALUE) return DROPPED;
      this.value = this.#unwrappedValue(number);
      if (Number.isNaN(this.value)) return LONG_WAY;
    }
    return this.#seriesOf(streams, stream);
  }

  #streamNumbers(streams: Streams, stream: number): Int32Array {
    if (streams !== this.#streams) {
      this.#streams = streams;
      this.#ofStream = [];
      this.#edges.clear();
      this.#nodes = 0;
    }
    return (this.#ofStream[stream] ??= this.#numbersOf(streams.labels(stream)));
  }

  #numbersOf(labels: Labels): Int32Array {
    return Int32Array.from(this.#fields, ({ name, table }) => {
      const value = Buffer.from(labelValue(labels, name));
      return value.length === 0 ? NO_VALUE : table.number(value, 0, value.length);
    });
  }

  #clashes(metadata: Labels): boolean {
    for (let i = 0; i < metadata.length; i += 2) for (const { name } of this.#fields) if (metadata[i] === name) return true;
    return false;
  }

  /** NaN where the value is no number, or is NaN itself. */
  #unwrappedValue(number: number): number {
    return (this.#unwrappedValues[number] ??= this.#convert(number));
  }

  #convert(number: number): number {
    const { name, table } = this.#fields[this.#unwrapped] as Field;
    if (this.#unwrap === undefined) return Number.NaN;
    this.#labels.reset(NO_LABELS, NO_LABELS);
    this.#labels.set('parsed', name, table.text(number));
    const value = compileUnwrap(this.#unwrap)({ tsNs: 0n, text: '', labels: this.#labels });
    return value === undefined || this.#labels.error !== '' ? Number.NaN : value;
  }

  #seriesOf(streams: Streams, stream: number): number {
    let node = stream + 1;
    for (const i of this.#grouped) {
      const edge = node * EDGE_FACTOR + (this.#numbers[i] as number);
      let next = this.#edges.get(edge);
      if (next === undefined) this.#edges.set(edge, (next = --this.#nodes));
      node = next;
    }
    const leaf = node * EDGE_FACTOR + LEAF;
    const known = this.#edges.get(leaf);
    if (known !== undefined) return known;
    const series = this.#newSeries(streams.labels(stream));
    this.#edges.set(leaf, series);
    return series;
  }

  #newSeries(stream: Labels): number {
    const labels = this.#labels;
    labels.reset(stream, NO_LABELS);
    for (const i of this.#grouped) {
      const { name, table } = this.#fields[i] as Field;
      const number = this.#numbers[i] as number;
      if (number !== NO_VALUE && !labels.hasStream(name)) labels.set('parsed', name, table.text(number));
    }
    return this.#series.of(labels);
  }
}

/** Above all numbers of values. */
const EDGE_FACTOR = 262_144;
const LEAF = EDGE_FACTOR - 1;

interface FieldPlan {
  readonly parser: 'json' | 'logfmt';
  readonly fields: readonly Field[];
  /** Which fields tell series apart. */
  readonly grouped: readonly number[];
  /** Which field is unwrapped, or -1. */
  readonly unwrapped: number;
}

function isPlainParser(stage: Stage | undefined): stage is JsonStage | LogfmtStage {
  if (stage?.kind === 'logfmt') return !stage.strict && !stage.keepEmpty && stage.extractions.length === 0;
  return stage?.kind === 'json' && stage.extractions.length === 0;
}

/** `| logfmt` or `| json` and label filters behind it that look at one label each; series told apart by some labels. */
function planFields({ range: { log, unwrap } }: RangeRequest, grouping: SampleGrouping): FieldPlan | undefined {
  const [parser, ...filters] = log.stages;
  if (grouping.kind !== 'by' || !isPlainParser(parser)) return undefined;
  if (unwrap !== undefined && unwrap.filters.some((filter) => !isNoErrorFilter(filter))) return undefined;
  const fields = new Map<string, Field>();
  const fieldOf = (name: string): Field => {
    const known = fields.get(name) ?? new Field(name);
    fields.set(name, known);
    return known;
  };
  for (const name of grouping.labels) fieldOf(name);
  for (const stage of filters) {
    const filter = singleFilter(stage);
    if (filter === undefined) return undefined;
    if (filter.name !== '') fieldOf(filter.name).filters.push(filter.judge);
  }
  if (unwrap !== undefined) fieldOf(unwrap.label);
  const names = [...fields.keys()];
  if (names.some((name) => !isOrdinary(name))) return undefined;
  return {
    parser: parser.kind,
    fields: [...fields.values()],
    grouped: grouping.labels.map((name) => names.indexOf(name)),
    unwrapped: unwrap === undefined ? -1 : names.indexOf(unwrap.label),
  };
}

/** Names that mean something besides a field go the long way. */
function isOrdinary(name: string): boolean {
  return !name.startsWith('__') && !name.endsWith('_extracted') && name !== 'detected_level';
}

interface SingleFilter {
  /** Empty where lines without errors pass anyway. */
  readonly name: string;
  readonly judge: (value: string | undefined) => number;
}

function singleFilter(stage: Stage): SingleFilter | undefined {
  if (stage.kind !== 'label_filter') return undefined;
  if (isNoErrorFilter(stage.filter)) return { name: '', judge: () => PASSES };
  const names = new Set(namesIn(stage.filter));
  const [name] = names;
  if (names.size !== 1 || name === undefined) return undefined;
  const run = labelFilterStage(stage.filter);
  const labels = new LineLabels();
  return {
    name,
    judge: (value) => {
      labels.reset(NO_LABELS, NO_LABELS);
      if (value !== undefined) labels.set('parsed', name, value);
      const passes = run({ tsNs: 0n, text: '', labels });
      if (labels.error !== '') return FALSE_FRIEND;
      return passes ? PASSES : FAILS;
    },
  };
}

function namesIn(filter: LabelFilter): readonly string[] {
  return filter.kind === 'and' || filter.kind === 'or' ? [...namesIn(filter.left), ...namesIn(filter.right)] : [filter.name];
}

/** `| __error__ = ""`: what goes this way has none. */
function isNoErrorFilter(filter: LabelFilter): boolean {
  return filter.kind === 'matcher' && filter.name === '__error__' && filter.op === '=' && filter.value === '';
}
