// `info(v, {selector})`: series with the data labels of the info metrics of their target.
//
//   up{instance="a", job="1"}                              ─┐
//   target_info{instance="a", job="1", version="2"}  1     ─┴─▶ up{instance="a", job="1", version="2"}
//
// Source: Prometheus 3.14, querying/functions, "info". The labels `instance` and `job` identify a target.

import { assert } from '../../../base/assert.ts';
import { RequestError } from '../../../base/request-error.ts';
import { compareText, type Labels, labelPairs, labelsKey, labelsOf, labelValue, METRIC_NAME } from '../../../query/labels.ts';
import { compileMatcher, type Matcher, matchesEmpty } from '../../../query/matchers.ts';
import { isClassicLabelName, quote } from '../../../query/scanner.ts';
import { type Call, children, type Expr, type VectorSelector } from '../ast.ts';
import { argumentAt } from '../steps/call-arguments.ts';
import type { CallContext } from '../steps/evaluation.ts';
import { mergeSameLabels } from '../steps/merge-series.ts';
import { getAt, HISTOGRAM_AT, NOTHING_AT, putAt, type StepSeries } from '../steps/step-series.ts';

const TARGET_INFO = 'target_info';
const IDENTIFYING_LABELS: readonly string[] = ['instance', 'job'];

/** A series of an info metric. Its values mean nothing; what counts is which of several was told last. */
export interface InfoSeries {
  readonly series: StepSeries;
  /** Per step the time of the sample that stands there, in milliseconds. */
  readonly times: Float64Array;
}

export interface InfoContext extends CallContext {
  /**
   * Info metrics at the evaluation's steps, with its lookback and neither `@` nor `offset`. Samples that lie outside of what `infoAnchor`
   * looks at, from its first step's lookback to its last step, are not seen.
   */
  readonly selectInfo: (matchers: readonly Matcher[]) => Promise<readonly InfoSeries[]>;
}

/** The first selector of the first argument: its `@` and `offset` bound the samples of info metrics that may be seen. */
export function infoAnchor(call: Call): VectorSelector | undefined {
  return firstSelector(argumentAt(call.args, 0));
}

function firstSelector(expr: Expr): VectorSelector | undefined {
  if (expr.kind === 'vector') return expr;
  for (const child of children(expr)) {
    const found = firstSelector(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The series of the first argument with the labels of their info metrics. Throws `execution` on conflicts. Takes the series. */
export async function evaluateInfo(base: readonly StepSeries[], call: Call, context: InfoContext): Promise<readonly StepSeries[]> {
  const selector = readSelector(call);
  const ignored = new Set(base.filter(({ labels }) => isInfoMetric(labels, selector)));
  const matchers = matchersFor(
    base.filter((one) => !ignored.has(one)),
    selector,
  );
  const infos = matchers === undefined ? [] : await context.selectInfo(matchers);
  const join = new InfoJoin(infos, anyAt(base, context.evaluation.steps.count), selector.data);
  const joined = base.flatMap((one) => (ignored.has(one) ? [one] : enrich(one, join, context)));
  for (const { series } of infos) context.evaluation.arrays.give(series);
  return mergeSameLabels(joined, context.evaluation);
}

// ── what is selected ──

interface InfoSelector {
  /** Of the metric's name; none where the selector is given and says nothing of it. */
  readonly names: readonly Matcher[];
  /** Of all other labels. */
  readonly data: readonly Matcher[];
}

function readSelector(call: Call): InfoSelector {
  if (call.args.length < 2) return { names: [{ name: METRIC_NAME, op: '=', value: TARGET_INFO }], data: [] };
  const selector = argumentAt(call.args, 1);
  assert(selector.kind === 'vector', 'the second argument of info is a selector');
  return {
    names: selector.matchers.filter(({ name }) => name === METRIC_NAME),
    data: selector.matchers.filter(({ name }) => name !== METRIC_NAME),
  };
}

/** Info metrics are not told about themselves. */
function isInfoMetric(labels: Labels, { names }: InfoSelector): boolean {
  return names.length > 0 && names.every((matcher) => compileMatcher(matcher)(labelValue(labels, METRIC_NAME)));
}

/** Matchers of the info series of these series' targets; nothing where no series has a target. */
function matchersFor(series: readonly StepSeries[], { names, data }: InfoSelector): readonly Matcher[] | undefined {
  const targets: Matcher[] = [];
  for (const name of IDENTIFYING_LABELS) {
    const values = new Set(series.map(({ labels }) => labelValue(labels, name)).filter((value) => value !== ''));
    if (values.size > 0) targets.push({ name, op: '=~', value: [...values].map(escapeRegex).join('|') });
  }
  if (targets.length === 0) return undefined;
  return [...(names.length > 0 ? names : [{ name: METRIC_NAME, op: '=' as const, value: TARGET_INFO }]), ...targets, ...data];
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);
}

/** The steps at which any series has a value. */
function anyAt(series: readonly StepSeries[], steps: number): Uint8Array {
  const any = new Uint8Array(steps);
  for (const { has } of series) for (let step = 0; step < steps; step++) if (has[step] !== NOTHING_AT) any[step] = 1;
  return any;
}

// ── which info series counts ──

const NONE = -1;

/** Info series by metric and target, and which of them counts at each step. */
class InfoJoin {
  readonly infos: readonly InfoSeries[];
  readonly data: readonly Matcher[];
  /** Names of the info metrics, in order. */
  readonly names: readonly string[];
  readonly #newest = new Map<string, Int32Array>();

  /** Throws `execution` on histograms and on two series told at the same time, at steps that are `wanted`. */
  constructor(infos: readonly InfoSeries[], wanted: Uint8Array, data: readonly Matcher[]) {
    this.infos = infos;
    this.data = data;
    this.names = [...new Set(infos.map(({ series }) => labelValue(series.labels, METRIC_NAME)))].sort(compareText);
    for (const [index, { series }] of infos.entries()) {
      const key = targetKey(labelValue(series.labels, METRIC_NAME), series.labels);
      const newest = this.#newest.get(key) ?? new Int32Array(wanted.length).fill(NONE);
      this.#newest.set(key, newest);
      for (let step = 0; step < wanted.length; step++) if (wanted[step] === 1) this.#see(newest, index, step);
    }
  }

  /** Per info metric, which of its series tells of these labels' target at each step. */
  newestOf(labels: Labels): readonly Int32Array[] {
    return this.names.flatMap((name) => this.#newest.get(targetKey(name, labels)) ?? []);
  }

  #see(newest: Int32Array, index: number, step: number): void {
    const candidate = this.infos[index];
    if (candidate === undefined || candidate.series.has[step] === NOTHING_AT) return;
    if (candidate.series.has[step] === HISTOGRAM_AT) throw new RequestError('execution', 'info sample should be float');
    const known = this.infos[newest[step] ?? NONE];
    const [knownMs, ms] = [known?.times[step] ?? Number.NEGATIVE_INFINITY, candidate.times[step] as number];
    if (known !== undefined && knownMs === ms) {
      const existing = `existing ${printLabelSet(known.series.labels)} @ ${knownMs}`;
      throw new RequestError(
        'execution',
        `found duplicate series for info metric: ${existing}, new ${printLabelSet(candidate.series.labels)} @ ${ms}`,
      );
    }
    if (ms > knownMs) newest[step] = index;
  }
}

function targetKey(name: string, labels: Labels): string {
  return labelsKey([name, ...IDENTIFYING_LABELS.map((label) => labelValue(labels, label))]);
}

/** All labels in braces, the metric's name among them. */
function printLabelSet(labels: Labels): string {
  const pairs = [...labelPairs(labels)].map(([name, value]) => `${isClassicLabelName(name) ? name : quote(name)}=${quote(value)}`);
  return `{${pairs.join(', ')}}`;
}

// ── joining ──

/** The series under the labels of each step: one series, or several where the info changes on the way. */
function enrich(base: StepSeries, join: InfoJoin, { evaluation }: CallContext): readonly StepSeries[] {
  const newest = join.newestOf(base.labels);
  const variants = new Map<string, StepSeries | undefined>();
  const only = onlyVariant(base, newest);
  if (only !== undefined) {
    const labels = enrichedLabels(base.labels, only, join);
    if (labels !== undefined) return [{ ...base, labels }];
    evaluation.arrays.give(base);
    return [];
  }
  for (let step = 0; step < base.has.length; step++) {
    if (base.has[step] === NOTHING_AT) continue;
    const variant = newest.map((winners) => winners[step] ?? NONE);
    const key = variant.join();
    if (!variants.has(key)) {
      const labels = enrichedLabels(base.labels, variant, join);
      variants.set(key, labels === undefined ? undefined : evaluation.arrays.take(labels, base.dropName));
    }
    const into = variants.get(key);
    if (into !== undefined) variants.set(key, putAt(into, step, getAt(base, step)));
  }
  evaluation.arrays.give(base);
  return [...variants.values()].filter((series) => series !== undefined);
}

/** The winners that hold at every step of the series, or nothing where they change. */
function onlyVariant({ has }: StepSeries, newest: readonly Int32Array[]): readonly number[] | undefined {
  const first = Math.max(
    0,
    has.findIndex((kind) => kind !== NOTHING_AT),
  );
  const variant = newest.map((winners) => winners[first] ?? NONE);
  for (let step = first; step < has.length; step++) {
    if (has[step] === NOTHING_AT) continue;
    for (let i = 0; i < newest.length; i++) if (newest[i]?.[step] !== variant[i]) return undefined;
  }
  return variant;
}

/** The labels with those of the info series; nothing where no info is there and the selector insists on one. */
function enrichedLabels(base: Labels, variant: readonly number[], { infos, data }: InfoJoin): Labels | undefined {
  const wanted = new Set(data.map(({ name }) => name));
  const own = new Set([...labelPairs(base)].map(([name]) => name));
  const added = new Map<string, string>();
  const found = variant.flatMap((index) => infos[index] ?? []);
  if (found.length === 0 && !data.every(matchesEmpty)) return undefined;
  for (const { series } of found)
    for (const [name, value] of labelPairs(series.labels)) {
      if (name === METRIC_NAME || own.has(name) || (wanted.size > 0 && !wanted.has(name))) continue;
      if ((added.get(name) ?? value) !== value) throw new RequestError('execution', `conflicting label: ${name}`);
      added.set(name, value);
    }
  return added.size === 0 ? base : labelsOf([...labelPairs(base), ...added]);
}
