// Requests that wait for their other side, by trace id and the client's span id, in the order in which they began to wait.
//
// A map by 32 bits of both ids, and a chain for those that share them: a tenth of what a map by texts of the ids costs, and this is asked for every
// span of a request.

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

interface Entry<T> {
  readonly ids: Uint8Array;
  readonly value: T;
  next: Entry<T> | undefined;
}

export class WaitingRequests<T> {
  readonly #heads = new Map<number, Entry<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(traceId: Uint8Array, spanId: Uint8Array): T | undefined {
    let entry = this.#heads.get(hash(traceId, spanId));
    while (entry !== undefined && !isOf(entry.ids, traceId, spanId)) entry = entry.next;
    return entry?.value;
  }

  /** Adds a request that is not there yet, behind all others. The ids are copied. */
  add(traceId: Uint8Array, spanId: Uint8Array, value: T): void {
    const ids = new Uint8Array(TRACE_ID_BYTES + SPAN_ID_BYTES);
    for (let i = 0; i < TRACE_ID_BYTES; i++) ids[i] = traceId[i] ?? 0;
    for (let i = 0; i < SPAN_ID_BYTES; i++) ids[TRACE_ID_BYTES + i] = spanId[i] ?? 0;
    this.#append(hash(traceId, spanId), { ids, value, next: undefined });
    this.#size++;
  }

  delete(traceId: Uint8Array, spanId: Uint8Array): void {
    const key = hash(traceId, spanId);
    const kept: Entry<T>[] = [];
    let found = false;
    for (let entry = this.#heads.get(key); entry !== undefined; entry = entry.next) {
      if (isOf(entry.ids, traceId, spanId)) found = true;
      else kept.push(entry);
    }
    if (!found) return;
    this.#size--;
    this.#heads.delete(key);
    for (const entry of kept) this.#append(key, { ...entry, next: undefined });
  }

  /**
   * Takes out requests, the one that waits longest first, up to the first that is not `over`, and hands each to `take` with a trace id of its own.
   * Where bits are shared, one that came soon after may stand behind. One iteration, since each begins with passing over what was taken out before.
   */
  takeWhile(over: (value: T) => boolean, take: (traceId: Uint8Array, value: T) => void): void {
    for (const [key, { ids, value, next }] of this.#heads) {
      if (!over(value)) return;
      this.#heads.delete(key);
      this.#size--;
      if (next !== undefined) this.#heads.set(key, next);
      take(ids.slice(0, TRACE_ID_BYTES), value);
    }
  }

  #append(key: number, entry: Entry<T>): void {
    let last = this.#heads.get(key);
    if (last === undefined) {
      this.#heads.set(key, entry);
      return;
    }
    while (last.next !== undefined) last = last.next;
    last.next = entry;
  }
}

// Ids are random, their last bytes even where the first hold a time or zeros.
function hash(traceId: Uint8Array, spanId: Uint8Array): number {
  return four(traceId, TRACE_ID_BYTES - 4) ^ four(spanId, SPAN_ID_BYTES - 4);
}

function four(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function isOf(ids: Uint8Array, traceId: Uint8Array, spanId: Uint8Array): boolean {
  for (let i = 0; i < SPAN_ID_BYTES; i++) if (ids[TRACE_ID_BYTES + i] !== spanId[i]) return false;
  for (let i = 0; i < TRACE_ID_BYTES; i++) if (ids[i] !== traceId[i]) return false;
  return true;
}
