// A data point that cannot be stored: thrown where that is found, counted by the translation, told to the sender as partial success.

import type { RefusalReason } from '../write.ts';

export class PointRefused extends Error {
  override readonly name = 'PointRefused';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
