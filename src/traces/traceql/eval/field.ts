// Fields of a span, compiled to closures: those of the span itself come from its view, the rest from its trace.

import type { Field, IntrinsicName } from '../ast.ts';
import { NIL } from '../value.ts';
import type { Value } from '../value.ts';
import { parentOf } from './span.ts';
import type { EvalSpan, EvalTrace } from './span.ts';

/** The value of a field of a span, or of its parent's; nil where there is none. */
export function compileField(field: Field): (span: EvalSpan) => Value {
  if (field.ofParent) {
    const own = compileField({ ...field, ofParent: false });
    return (span) => {
      const parent = parentOf(span);
      return parent === undefined ? NIL : own(parent);
    };
  }
  if (field.type === 'attribute') return (span) => span.view.value(field);
  const ofTrace = OF_TRACE[field.name];
  if (ofTrace !== undefined) return (span) => ofTrace(span.trace, span.at);
  return field.name === 'parent' ? parentIdOf : (span) => span.view.value(field);
}

/** What a span's view does not know by itself. */
const OF_TRACE: Partial<Record<IntrinsicName, (trace: EvalTrace, at: number) => Value>> = {
  traceDuration: ({ view }) => ({ type: 'duration', value: view.durationNs }),
  rootName: ({ view }) => ({ type: 'string', value: view.rootName }),
  rootServiceName: ({ view }) => ({ type: 'string', value: view.rootServiceName }),
  childCount: ({ structure }, at) => int(structure.children[at]),
  nestedSetLeft: ({ structure }, at) => int(structure.left[at]),
  nestedSetRight: ({ structure }, at) => int(structure.right[at]),
  nestedSetParent: ({ structure }, at) => int(structure.nestedParent[at]),
};

function int(value = 0): Value {
  return { type: 'int', value: BigInt(value) };
}

/** `parent` is nil of a root alone: a parent that has not come yet is one all the same. */
function parentIdOf(span: EvalSpan): Value {
  return span.view.parentId === '' ? NIL : { type: 'string', value: span.view.parentId };
}
