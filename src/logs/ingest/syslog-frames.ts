// Syslog messages out of a TCP stream: octet counting and lines, told apart message by message.
//
//   "12 <13>1 - - - "     a count, a space and as many bytes
//   "<13>Oct 11 …\n"      a line; NUL ends one too
//
// Source: RFC 6587, sections 3.4.1 and 3.4.2.

/** The longest message; what is longer is cut. */
export const SYSLOG_MESSAGE_BYTES_MAX = 64 * 1024;

const EMPTY = Buffer.alloc(0);
const COUNT_DIGITS_MAX = 9;
const [LF, NUL, SPACE, ZERO, ONE, NINE] = [0x0a, 0x00, 0x20, 0x30, 0x31, 0x39];
const ANGLE = 0x3c;

export interface FrameListener {
  readonly message: (bytes: Buffer) => void;
  /** A message was longer than is taken. */
  readonly cut: () => void;
}

/** Where the stream stands: before a message, in the rest of a counted one that is too long, or of a line that is. */
type Skipping = { readonly kind: 'none' } | { readonly kind: 'bytes'; readonly left: number } | { readonly kind: 'line' };

const NONE: Skipping = { kind: 'none' };

export class SyslogFrames {
  readonly #listener: FrameListener;
  #rest: Buffer = EMPTY;
  #skipping: Skipping = NONE;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  /** Takes what came; calls the listener for every message that is whole. */
  push(chunk: Buffer): void {
    let bytes: Buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length > 0) {
      const taken = this.#take(bytes);
      if (taken === 0) break;
      bytes = bytes.subarray(taken);
    }
    // A copy: the chunk's memory must not be held for a few bytes of it.
    this.#rest = bytes.length === 0 ? EMPTY : Buffer.from(bytes);
  }

  /** The end of the stream: a line may lack its end. */
  end(): void {
    if (this.#rest.length > 0 && this.#skipping.kind === 'none') this.#listener.message(this.#rest);
    this.#rest = EMPTY;
  }

  /** Takes one message, or part of what is passed over; 0 where more bytes are needed. */
  #take(bytes: Buffer): number {
    const skipping = this.#skipping;
    if (skipping.kind === 'bytes') {
      const taken = Math.min(skipping.left, bytes.length);
      this.#skipping = taken === skipping.left ? NONE : { kind: 'bytes', left: skipping.left - taken };
      return taken;
    }
    if (skipping.kind === 'line') {
      const end = lineEnd(bytes);
      if (end >= 0) this.#skipping = NONE;
      return end < 0 ? bytes.length : end + 1;
    }
    if (bytes[0] === LF || bytes[0] === NUL) return 1;
    const head = countOf(bytes);
    if (head === 'more') return 0;
    return head === undefined ? this.#takeLine(bytes) : this.#takeCounted(bytes, head);
  }

  #takeCounted(bytes: Buffer, { start, count }: Counted): number {
    const length = Math.min(count, SYSLOG_MESSAGE_BYTES_MAX);
    if (bytes.length < start + length) return 0;
    this.#listener.message(bytes.subarray(start, start + length));
    if (count > length) {
      this.#listener.cut();
      this.#skipping = { kind: 'bytes', left: count - length };
    }
    return start + length;
  }

  #takeLine(bytes: Buffer): number {
    const end = lineEnd(bytes);
    if (end >= 0 && end <= SYSLOG_MESSAGE_BYTES_MAX) {
      this.#listener.message(bytes.subarray(0, end));
      return end + 1;
    }
    if (bytes.length <= SYSLOG_MESSAGE_BYTES_MAX) return 0;
    this.#listener.message(bytes.subarray(0, SYSLOG_MESSAGE_BYTES_MAX));
    this.#listener.cut();
    this.#skipping = { kind: 'line' };
    return SYSLOG_MESSAGE_BYTES_MAX;
  }
}

interface Counted {
  readonly start: number;
  readonly count: number;
}

/** The count that a message begins with; undefined where it is a line, `more` where it cannot be told yet. */
function countOf(bytes: Buffer): Counted | 'more' | undefined {
  let at = 0;
  let count = 0;
  for (; at < bytes.length && at <= COUNT_DIGITS_MAX; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < (at === 0 ? ONE : ZERO) || byte > NINE) break;
    count = count * 10 + byte - ZERO;
  }
  if (at === 0 || at > COUNT_DIGITS_MAX) return undefined;
  if (at === bytes.length) return 'more';
  if (bytes[at] !== SPACE) return undefined;
  if (at + 1 === bytes.length) return 'more';
  return bytes[at + 1] === ANGLE ? { start: at + 1, count } : undefined;
}

function lineEnd(bytes: Buffer): number {
  const line = bytes.indexOf(LF);
  const nul = (line < 0 ? bytes : bytes.subarray(0, line)).indexOf(NUL);
  return nul < 0 ? line : nul;
}
