// Vector matching: which series of the two sides of a binary operator belong together, and what the result of a pair is called.
//
//   on(job)          {job="a", instance="1"} ─┐
//                    {job="a", instance="2"} ─┴─▶ match group {job="a"} ◀── {job="a", role="x"}
//
// A series' match group does not depend on the step: groups are found once, however many steps there are.

import { type Labels, labelsKey, labelValue, METRIC_NAME, setLabel } from '../../../query/labels.ts';
import { isClassicLabelName, quote } from '../../../query/scanner.ts';
import type { Binary, VectorMatching } from '../ast.ts';
import { changesMeaning } from './binary-values.ts';
import { type EvaluationSettings, withoutName } from '../steps/evaluation.ts';
import type { StepSeries } from '../steps/step-series.ts';

/** The series of both sides that share the labels which matching looks at, as indexes in the order in which they came. */
export interface MatchGroup {
  readonly left: number[];
  readonly right: number[];
}

/** The match groups of two vectors, in the order of the first series of each. */
export function matchGroups(matching: VectorMatching, left: readonly StepSeries[], right: readonly StepSeries[]): readonly MatchGroup[] {
  const keyOf = matchKey(matching);
  const groups = new Map<string, MatchGroup>();
  for (const [side, all] of [['left', left] as const, ['right', right] as const]) {
    for (const [index, { labels }] of all.entries()) {
      const key = keyOf(labels);
      let group = groups.get(key);
      if (group === undefined) {
        group = { left: [], right: [] };
        groups.set(key, group);
      }
      group[side].push(index);
    }
  }
  return [...groups.values()];
}

/** What two series must have in common, as one string. */
function matchKey({ on, labels: names }: VectorMatching): (labels: Labels) => string {
  const [only] = names;
  if (on && names.length === 1 && only !== undefined) return (labels) => labelValue(labels, only);
  return (labels) => {
    let key = '';
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i] ?? '';
      if (on ? !names.includes(name) : name === METRIC_NAME || names.includes(name)) continue;
      const value = labels[i + 1] ?? '';
      key += `${name.length}:${name}${value.length}:${value}`;
    }
    return key;
  };
}

/** The labels of a series that matching looks at. */
export function matchLabels({ on, labels: names }: VectorMatching, labels: Labels): Labels {
  return on ? keepLabels(labels, names) : deleteLabels(labels, [METRIC_NAME, ...names]);
}

/** The labels of a result: those of the "many" side, as the operator and the matching leave them, and what is included of the "one" side. */
export function resultLabels(expr: Binary, matching: VectorMatching, settings: EvaluationSettings): (many: Labels, one: Labels) => Labels {
  const drops = changesMeaning(expr.op);
  const dropsAtEnd = expr.returnBool && !settings.delayedNameRemoval;
  return (many, one) => {
    let labels = drops ? withoutName(many, settings) : many;
    if (matching.cardinality === 'one-to-one') {
      labels = matching.on ? keepLabels(labels, matching.labels) : deleteLabels(labels, matching.labels);
    }
    for (const name of matching.include) labels = setLabel(labels, name, labelValue(one, name));
    return dropsAtEnd ? withoutName(labels, settings) : labels;
  };
}

/** The values of the included labels, as one string. */
export function includedKey({ include }: VectorMatching, labels: Labels): string {
  return include.length === 0 ? '' : labelsKey(include.map((name) => labelValue(labels, name)));
}

/** A label set with only the labels of these names. */
export function keepLabels(labels: Labels, names: readonly string[]): Labels {
  return filterLabels(labels, (name) => names.includes(name));
}

/** A label set without the labels of these names. */
export function deleteLabels(labels: Labels, names: readonly string[]): Labels {
  return names.length === 0 ? labels : filterLabels(labels, (name) => !names.includes(name));
}

function filterLabels(labels: Labels, keep: (name: string) => boolean): Labels {
  const rest: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] ?? '';
    if (keep(name)) rest.push(name, labels[i + 1] ?? '');
  }
  return rest.length === labels.length ? labels : rest;
}

/** A label set as Prometheus's errors write it: `{__name__="x", a="b"}`. */
export function braced(labels: Labels): string {
  const pairs: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] ?? '';
    pairs.push(`${isClassicLabelName(name) ? name : quote(name)}=${quote(labels[i + 1] ?? '')}`);
  }
  return `{${pairs.join(', ')}}`;
}
