// What is remembered of a file between two runs: which one it is, how far its lines are stored, and which times the lines after that were given.

import { createHash } from 'node:crypto';

import { z } from 'zod';

import type { TimeAnchor } from './line-times.ts';

/** Bytes at the beginning that tell a file from another with the same inode. */
export const HEAD_BYTES = 1024;
/** Fewer are no proof that two files are the same. */
const HEAD_BYTES_MIN = 16;

export interface Head {
  readonly bytes: number;
  readonly hash: string;
}

export interface FileRecord {
  readonly path: string;
  readonly head: Head;
  /** Lines that begin before it are stored. */
  readonly offset: number;
  /** Lines that begin from `offset` to here may be stored; they have their times from `anchors`. */
  readonly to: number;
  readonly anchors: readonly TimeAnchor[];
  /** A compressed file that has been read, or one that is gone. */
  readonly isDone: boolean;
  readonly savedMs: number;
}

const schema = z.object({
  path: z.string(),
  head: z.object({ bytes: z.number(), hash: z.string() }),
  offset: z.number(),
  to: z.number(),
  anchors: z.array(z.tuple([z.number(), z.string().regex(/^\d+$/)])),
  isDone: z.boolean(),
  savedMs: z.number(),
});

export function encodeRecord(record: FileRecord): unknown {
  return { ...record, anchors: record.anchors.map(({ offset, ns }) => [offset, ns.toString()]) };
}

/** Undefined for what is none. */
export function parseRecord(value: unknown): FileRecord | undefined {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return undefined;
  return { ...parsed.data, anchors: parsed.data.anchors.map(([offset, ns]) => ({ offset, ns: BigInt(ns) })) };
}

export function headOf(bytes: Uint8Array): Head {
  const head = bytes.subarray(0, HEAD_BYTES);
  return { bytes: head.length, hash: createHash('sha256').update(head).digest('hex').slice(0, 32) };
}

/** True when a file that begins with `bytes` can be the one with this head; a file may grow. */
export function hasHead(bytes: Uint8Array, head: Head): boolean {
  return bytes.length >= head.bytes && headOf(bytes.subarray(0, head.bytes)).hash === head.hash;
}

/** True when it certainly is. */
export function hasLongHead(bytes: Uint8Array, head: Head): boolean {
  return head.bytes >= HEAD_BYTES_MIN && hasHead(bytes, head);
}
