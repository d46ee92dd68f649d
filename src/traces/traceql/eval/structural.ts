// Structural operators: which spans of the right side stand in a relation to spans of the left side of the same trace.
//
//   A > B    spans of B whose parent is in A            A < B    spans of B with a child in A
//   A >> B   spans of B below a span of A               A << B   spans of B above a span of A
//   A ~ B    spans of B beside a span of A              !…  spans of B without such a span      &…  the spans of both sides that meet
//
// They follow the ids of parents, so that they hold in a trace too whose root never came. Time in proportion to the spans of the trace: marks
// go up or down the tree once.

import type { StructuralOp } from '../ast.ts';
import { STRUCTURE_UNKNOWN } from './structure.ts';
import type { EvalSpan, EvalTrace } from './span.ts';

type Relation = '>' | '<' | '>>' | '<<' | '~';

interface ParsedOp {
  readonly relation: Relation;
  readonly kind: 'matching' | 'without' | 'both';
}

const PARSED: Readonly<Record<StructuralOp, ParsedOp>> = {
  '>': { relation: '>', kind: 'matching' },
  '<': { relation: '<', kind: 'matching' },
  '>>': { relation: '>>', kind: 'matching' },
  '<<': { relation: '<<', kind: 'matching' },
  '~': { relation: '~', kind: 'matching' },
  '!>': { relation: '>', kind: 'without' },
  '!<': { relation: '<', kind: 'without' },
  '!>>': { relation: '>>', kind: 'without' },
  '!<<': { relation: '<<', kind: 'without' },
  '!~': { relation: '~', kind: 'without' },
  '&>': { relation: '>', kind: 'both' },
  '&<': { relation: '<', kind: 'both' },
  '&>>': { relation: '>>', kind: 'both' },
  '&<<': { relation: '<<', kind: 'both' },
  '&~': { relation: '~', kind: 'both' },
};

/** Read from the other side: B is a child of A where A is a parent of B. */
const MIRRORED: Readonly<Record<Relation, Relation>> = { '>': '<', '<': '>', '>>': '<<', '<<': '>>', '~': '~' };

/**
 * The spans in the order of the right side. Of both sides, those that are below come first, and a span that matches on both sides comes once.
 */
export function relate(op: StructuralOp, left: readonly EvalSpan[], right: readonly EvalSpan[]): readonly EvalSpan[] {
  const [first] = right;
  if (first === undefined) return [];
  const { relation, kind } = PARSED[op];
  const isRelated = relatedTo(relation, first.trace, left);
  if (kind === 'matching') return right.filter(isRelated);
  if (kind === 'without') return right.filter((span) => !isRelated(span));
  const above = left.filter(relatedTo(MIRRORED[relation], first.trace, right));
  const below = right.filter(isRelated);
  return [...new Set(relation === '>' || relation === '>>' ? [...below, ...above] : [...above, ...below])];
}

/** A test of whether a span stands in the relation to one of the others. */
function relatedTo(relation: Relation, trace: EvalTrace, others: readonly EvalSpan[]): (span: EvalSpan) => boolean {
  switch (relation) {
    case '>': {
      const { parent } = trace.structure;
      const marked = marksOf(trace, others);
      return (span) => marked[parent[span.at] ?? STRUCTURE_UNKNOWN] === 1;
    }
    case '<': {
      const { parent } = trace.structure;
      const marked = new Uint8Array(trace.spans.length);
      for (const { at } of others) {
        const above = parent[at] ?? STRUCTURE_UNKNOWN;
        if (above !== STRUCTURE_UNKNOWN) marked[above] = 1;
      }
      return (span) => marked[span.at] === 1;
    }
    case '>>':
      return belowOneOf(trace, others);
    case '<<':
      return aboveOneOf(trace, others);
    case '~':
      return besideOneOf(trace, others);
  }
}

function marksOf(trace: EvalTrace, spans: readonly EvalSpan[]): Uint8Array {
  const marks = new Uint8Array(trace.spans.length);
  for (const { at } of spans) marks[at] = 1;
  return marks;
}

/** What is known of a span's ancestors: nothing yet, none is marked, one is. */
const [UNSEEN, CLEAR, BELOW] = [0, 1, 2];

/** Walks up until the answer is known, and writes it down on the way: every step is made once. */
function belowOneOf(trace: EvalTrace, others: readonly EvalSpan[]): (span: EvalSpan) => boolean {
  const { parent } = trace.structure;
  const marked = marksOf(trace, others);
  const known = new Uint8Array(trace.spans.length);
  return (span) => {
    const walked: number[] = [];
    let answer = CLEAR;
    for (let at = span.at; ;) {
      const seen = known[at] ?? UNSEEN;
      if (seen !== UNSEEN) {
        answer = seen;
        break;
      }
      walked.push(at);
      const above = parent[at] ?? STRUCTURE_UNKNOWN;
      if (above === STRUCTURE_UNKNOWN) break;
      if (marked[above] === 1) {
        answer = BELOW;
        break;
      }
      at = above;
    }
    for (const at of walked) known[at] = answer;
    return answer === BELOW;
  };
}

/** Marks go up from each of the others until they meet one that went before. */
function aboveOneOf(trace: EvalTrace, others: readonly EvalSpan[]): (span: EvalSpan) => boolean {
  const { parent } = trace.structure;
  const marked = new Uint8Array(trace.spans.length);
  for (const other of others) {
    for (let at = parent[other.at] ?? STRUCTURE_UNKNOWN; at !== STRUCTURE_UNKNOWN && marked[at] === 0; at = parent[at] ?? STRUCTURE_UNKNOWN)
      marked[at] = 1;
  }
  return (span) => marked[span.at] === 1;
}

/** Spans with the same parent are beside each other, and so are roots; also where the parent itself is not in the trace. */
function besideOneOf(trace: EvalTrace, others: readonly EvalSpan[]): (span: EvalSpan) => boolean {
  const { parent } = trace.structure;
  const family = ({ at, view }: EvalSpan): number | string => {
    const above = parent[at] ?? STRUCTURE_UNKNOWN;
    return above === STRUCTURE_UNKNOWN ? view.parentId : above;
  };
  const counts = new Map<number | string, number>();
  for (const other of others) counts.set(family(other), (counts.get(family(other)) ?? 0) + 1);
  const marked = marksOf(trace, others);
  return (span) => (counts.get(family(span)) ?? 0) > (marked[span.at] ?? 0);
}
