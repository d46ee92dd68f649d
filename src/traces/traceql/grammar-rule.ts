// A rule of the grammar with what is made of it.

import type { RequestError } from '../../base/request-error.ts';
import type { Place } from './ast.ts';
import { split } from './tokens.ts';

/** What a rule's parts came to. */
export interface Reduction {
  readonly place: Place;
  /** What part `index` came to. Each rule knows what its parts make, which the compiler cannot. */
  readonly part: <Part>(index: number) => Part;
  /** The error at the place that has been read up to. */
  readonly error: (message: string) => RequestError;
}

export interface Rule {
  readonly left: string;
  readonly right: readonly string[];
  readonly make: (reduction: Reduction) => unknown;
}

/** `rule('hint', 'IDENTIFIER = static', …)` */
export function rule(left: string, right: string, make: (reduction: Reduction) => unknown): Rule {
  return { left, right: split(right), make };
}

/** The rule whose result is that of one of its parts. */
export function pass(left: string, right: string, index = 0): Rule {
  return rule(left, right, ({ part }) => part(index));
}
