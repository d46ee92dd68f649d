// The spans of a block in memory that start within a range.

import type { NsRange } from '../catalogue.ts';
import { BLOCK_NS } from '../table.ts';
import type { HeldBlock } from './held-block.ts';

const BLOCK_LENGTH = Number(BLOCK_NS);

/** 1 for each span that is in the range and met a condition before; undefined where all are and did. What is given is changed. */
export function within({ startNs, offsets, rows }: HeldBlock, met: Uint8Array | undefined, range: NsRange): Uint8Array | undefined {
  const [first, end] = [Number(range.fromNs - startNs), Number(range.toNs - startNs)];
  if (first <= 0 && end >= BLOCK_LENGTH) return met;
  const result = met ?? new Uint8Array(rows).fill(1);
  for (let row = 0; row < rows; row++) {
    const offset = offsets[row] as number;
    if (offset < first || offset >= end) result[row] = 0;
  }
  return result;
}
