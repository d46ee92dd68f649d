// A request's trace and the span id of its client as one key of a map: 24 bytes as 12 characters, which costs less than a text in hex.

const TRACE_ID_BYTES = 16;

/** `traceId` has 16 bytes, `spanId` 8. */
export function requestKey(traceId: Uint8Array, spanId: Uint8Array): string {
  const [a, b] = [traceId, spanId];
  return String.fromCharCode(
    two(a, 0),
    two(a, 2),
    two(a, 4),
    two(a, 6),
    two(a, 8),
    two(a, 10),
    two(a, 12),
    two(a, 14),
    two(b, 0),
    two(b, 2),
    two(b, 4),
    two(b, 6),
  );
}

/** The trace id that a key begins with. */
export function traceIdOfKey(key: string): Uint8Array {
  const traceId = new Uint8Array(TRACE_ID_BYTES);
  for (let i = 0; i < TRACE_ID_BYTES; i += 2) {
    const unit = key.charCodeAt(i / 2);
    traceId[i] = unit & 0xff;
    traceId[i + 1] = unit >> 8;
  }
  return traceId;
}

function two(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}
