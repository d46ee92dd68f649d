// Texts in case files that are not valid UTF-8 stand there as `{"$bytes_latin1": "…"}`, one character per byte.

import { z } from 'zod';

export const textOrBytes = z.union([z.string(), z.object({ $bytes_latin1: z.string() })]);

export function toBytes(given: z.infer<typeof textOrBytes>): Buffer {
  return typeof given === 'string' ? Buffer.from(given) : Buffer.from(given.$bytes_latin1, 'latin1');
}

/** Percent-encoded, byte by byte. */
export function percentEncode(given: z.infer<typeof textOrBytes>): string {
  return [...toBytes(given)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
