// What an operator finds out about single steps while it works column by column, told as if it had worked step by step.

import { RequestError } from '../../../base/request-error.ts';
import type { Annotations, AnnotationKind } from './annotations.ts';
import type { Position } from '../ast.ts';

/** Where in the work on one step something is found: in which phase, and at which series. */
export interface Place {
  readonly phase: 0 | 1;
  readonly order: number;
}

const PLACES = 2 ** 32;
const ORDERS = 2 ** 31;

/** The error that an evaluation step by step would have met first. */
export class EarliestError {
  #rank = Infinity;
  #message: (() => string) | undefined;

  get any(): boolean {
    return this.#message !== undefined;
  }

  /** An error at a step; `after` all others of the step where it is one of the result. */
  note(step: number, place: Place | 'after', message: () => string): void {
    const rank = step * PLACES + (place === 'after' ? PLACES - 1 : place.phase * ORDERS + place.order);
    if (rank >= this.#rank) return;
    this.#rank = rank;
    this.#message = message;
  }

  /** Throws `execution` when there is one. */
  throwEarliest(): void {
    if (this.#message !== undefined) throw new RequestError('execution', this.#message());
  }
}

interface Note {
  readonly kind: AnnotationKind;
  readonly message: string;
}

/** The annotations of an operator's steps: of each step the one that comes last, as Prometheus keeps them. */
export class StepNotes {
  readonly #bySteps = new Map<number, { readonly order: number; readonly note: Note }>();

  note(step: number, order: number, note: Note): void {
    const known = this.#bySteps.get(step);
    if (known === undefined || order >= known.order) this.#bySteps.set(step, { order, note });
  }

  /** Tells the reader, in the order of the steps. */
  tell(annotations: Annotations, at: Position): void {
    for (const [, { note }] of [...this.#bySteps].sort(([a], [b]) => a - b)) {
      if (note.kind === 'warning') annotations.warn(note.message, at);
      else annotations.info(note.message, at);
    }
  }
}
