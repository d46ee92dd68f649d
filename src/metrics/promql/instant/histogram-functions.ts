// Functions over histograms of either kind: quantiles and fractions, each histogram of each step by itself.
//
// Source: Prometheus 3.14, querying/functions, "histogram_quantile", "histogram_quantiles", "histogram_fraction".

import { type Labels, labelPairs, labelsOf } from '../../../query/labels.ts';
import type { NativeHistogram } from '../../native-histogram.ts';
import type { Expr, Position } from '../ast.ts';
import { argumentAt, scalarArgument, stringArgument } from '../steps/call-arguments.ts';
import { bucketFraction, bucketQuantile, type Buckets, type Forced, widen } from './classic-histogram.ts';
import { type CallContext, dropName, type Evaluation, stepTime } from '../steps/evaluation.ts';
import { formatG, formatOpenMetrics } from '../steps/go-float.ts';
import { bucketsFor, fillBuckets, forMetric, groupHistograms } from './histogram-groups.ts';
import { histogramFraction, histogramQuantile } from '../histogram/quantile.ts';
import { mergeSameLabels } from '../steps/merge-series.ts';
import { FLOAT_AT, HISTOGRAM_AT, type StepSeries } from '../steps/step-series.ts';

/** What is asked of every histogram. `metric` is what annotations say of it. */
interface Question {
  readonly ofNative: (histogram: NativeHistogram, step: number, metric: string) => number;
  readonly ofClassic: (buckets: Buckets, step: number, metric: string) => number;
  /** A label of the answer, with its value at each step, where one call asks several questions. */
  readonly label?: { readonly name: string; readonly values: readonly string[] };
}

/** `histogram_quantile(q, v)` */
export function quantileOfHistograms(series: readonly StepSeries[], context: CallContext): readonly StepSeries[] {
  const { evaluation, call, scalars } = context;
  const [quantile, vector] = [argumentAt(call.args, 0), argumentAt(call.args, 1)];
  const forced = new ForcedMonotonicity(evaluation);
  warnOfQuantiles(scalarArgument(scalars, 0), evaluation, quantile);
  const question = askQuantile(scalarArgument(scalars, 0), { evaluation, vector, forced });
  const answers = askAll(series, evaluation, { vector, questions: [question] });
  forced.tell(vector);
  return answers;
}

/** `histogram_quantiles(v, label, q…)`: a series per histogram and quantile, told apart by the label. */
export function quantilesOfHistograms(series: readonly StepSeries[], context: CallContext): readonly StepSeries[] {
  const { evaluation, call, scalars } = context;
  const vector = argumentAt(call.args, 0);
  const name = stringArgument(call.args[1]);
  const forced = new ForcedMonotonicity(evaluation);
  const questions = call.args.slice(2).map((_, i): Question => {
    const quantiles = scalarArgument(scalars, i + 2);
    warnOfQuantiles(quantiles, evaluation, argumentAt(call.args, i + 2));
    return { ...askQuantile(quantiles, { evaluation, vector, forced }), label: { name, values: labelValues(quantiles) } };
  });
  const answers = askAll(series, evaluation, { vector, questions });
  forced.tell(vector);
  return answers;
}

/** The quantiles as they stand in a label; most often one for all steps. */
function labelValues(quantiles: Float64Array): readonly string[] {
  const texts: string[] = [];
  for (const [step, quantile] of quantiles.entries()) {
    const isSame = step > 0 && Object.is(quantile, quantiles[step - 1]);
    texts.push(isSame ? (texts[step - 1] ?? '') : formatOpenMetrics(quantile));
  }
  return texts;
}

/** `histogram_fraction(lower, upper, v)` */
export function fractionOfHistograms(series: readonly StepSeries[], context: CallContext): readonly StepSeries[] {
  const { evaluation, call, scalars } = context;
  const vector = argumentAt(call.args, 2);
  const lower = scalarArgument(scalars, 0);
  const upper = scalarArgument(scalars, 1);
  const question: Question = {
    ofNative: (histogram, step, metric) => {
      const { value, note } = histogramFraction(lower[step] as number, upper[step] as number, histogram);
      if (note !== undefined) evaluation.annotations.info(note + metric, vector);
      return value;
    },
    ofClassic: (buckets, step) => bucketFraction(lower[step] as number, upper[step] as number, buckets),
  };
  return askAll(series, evaluation, { vector, questions: [question] });
}

interface QuantileContext {
  readonly evaluation: Evaluation;
  readonly vector: Expr;
  readonly forced: ForcedMonotonicity;
}

function askQuantile(quantiles: Float64Array, { evaluation, vector, forced }: QuantileContext): Question {
  return {
    ofNative: (histogram, step, metric) => {
      const { value, note } = histogramQuantile(quantiles[step] as number, histogram);
      if (note !== undefined) evaluation.annotations.info(note + metric, vector);
      return value;
    },
    ofClassic: (buckets, step, metric) => bucketQuantile(quantiles[step] as number, buckets, (what) => forced.add(what, step, metric)),
  };
}

function warnOfQuantiles(quantiles: Float64Array, { annotations }: Evaluation, at: Position): void {
  for (const q of quantiles) if (!(q >= 0 && q <= 1)) annotations.warn(`quantile value should be between 0 and 1, got ${formatG(q)}`, at);
}

// ── asking ──

interface Questions {
  readonly vector: Expr;
  readonly questions: readonly Question[];
}

/** The answers for every histogram at every step; takes the series. */
function askAll(series: readonly StepSeries[], evaluation: Evaluation, { vector, questions }: Questions): readonly StepSeries[] {
  const groups = groupHistograms(series, evaluation, vector);
  const answers: StepSeries[] = [];
  for (const native of groups.natives) {
    const metric = forMetric(native.labels, evaluation);
    const sheet = new AnswerSheet(native.labels, questions, evaluation);
    for (let step = 0; step < native.has.length; step++) {
      const histogram = native.has[step] === HISTOGRAM_AT ? native.histograms?.[step] : undefined;
      if (histogram !== undefined) sheet.fill(step, (question) => question.ofNative(histogram, step, metric));
    }
    answers.push(...sheet.answers());
  }
  const buckets = bucketsFor(groups);
  for (const group of groups.classics) {
    const metric = forMetric(group.labels, evaluation);
    const sheet = new AnswerSheet(group.labels, questions, evaluation);
    for (let step = 0; step < evaluation.steps.count; step++) {
      fillBuckets(buckets, group, step);
      if (buckets.length > 0) sheet.fill(step, (question) => question.ofClassic(buckets, step, metric));
    }
    answers.push(...sheet.answers());
  }
  for (const one of series) evaluation.arrays.give(one);
  return mergeSameLabels(answers, evaluation);
}

/** The answers for one histogram's labels: a series per question, or per value of the question's label where that changes with the steps. */
class AnswerSheet {
  readonly #labels: Labels;
  readonly #questions: readonly Question[];
  readonly #evaluation: Evaluation;
  /** Per question the series by the label's value. */
  readonly #series: readonly Map<string, StepSeries>[];
  /** Per question the series of the step before, which is most often that of the next one. */
  readonly #current: { readonly value: string; readonly series: StepSeries }[] = [];

  constructor(labels: Labels, questions: readonly Question[], evaluation: Evaluation) {
    this.#labels = labels;
    this.#questions = questions;
    this.#evaluation = evaluation;
    this.#series = questions.map(() => new Map());
  }

  // hot: once per histogram and step.
  fill(step: number, answer: (question: Question) => number): void {
    for (let i = 0; i < this.#questions.length; i++) {
      const question = this.#questions[i];
      if (question === undefined) continue;
      const value = question.label?.values[step] ?? '';
      let current = this.#current[i];
      if (current === undefined || current.value !== value) {
        current = { value, series: this.#seriesOf(i, question, value) };
        this.#current[i] = current;
      }
      const { has, values } = current.series;
      has[step] = FLOAT_AT;
      values[step] = answer(question);
    }
  }

  answers(): readonly StepSeries[] {
    return this.#series.flatMap((series) => [...series.values()]);
  }

  #seriesOf(index: number, { label }: Question, value: string): StepSeries {
    const known = this.#series[index]?.get(value);
    if (known !== undefined) return known;
    const dropped = dropName(this.#evaluation.arrays.take(this.#labels), this.#evaluation);
    const series = label === undefined ? dropped : { ...dropped, labels: labelsOf([...labelPairs(dropped.labels), [label.name, value]]) };
    this.#series[index]?.set(value, series);
    return series;
  }
}

// ── forced monotonicity ──

const FORCED =
  'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)';

interface ForcedSpan extends Forced {
  firstMs: number;
  lastMs: number;
  samples: number;
}

/** Counts that fell with their bounds: gathered over all steps and histograms of a metric, told in one info. */
class ForcedMonotonicity {
  readonly #evaluation: Evaluation;
  readonly #byMetric = new Map<string, ForcedSpan>();

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
  }

  add(forced: Forced, step: number, metric: string): void {
    const ms = stepTime(this.#evaluation.steps, step);
    const span = this.#byMetric.get(metric);
    if (span === undefined) {
      this.#byMetric.set(metric, { ...forced, firstMs: ms, lastMs: ms, samples: 1 });
      return;
    }
    widen(span, forced);
    if (ms < span.firstMs) span.firstMs = ms;
    if (ms > span.lastMs) span.lastMs = ms;
    span.samples++;
  }

  tell(at: Position): void {
    for (const [metric, { minBound, maxBound, maxDifference, samples, firstMs, lastMs }] of this.#byMetric) {
      const buckets = `from buckets ${formatG(minBound)} to ${formatG(maxBound)}, with a max diff of ${formatG(maxDifference, 2)}`;
      const span = `over ${samples} samples from ${secondOf(firstMs)} to ${secondOf(lastMs)}`;
      this.#evaluation.annotations.info(`${FORCED}${metric}, ${buckets}, ${span}`, at);
    }
  }
}

/** The second of a time, as RFC 3339 writes it. */
function secondOf(ms: number): string {
  return new Date(Math.trunc(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
