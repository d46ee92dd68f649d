// Bytes of a file into lines: pieces come as they were read, lines go out with the offset of their first byte.
//
//   bytes ─▶ line breaks (of one byte, or of two in UTF-16) ─▶ limit ─▶ text
//
// What follows the last break waits for more. A line over the limit is cut or refused, and its rest is passed over up to its end: memory holds one
// line at most. Bytes that are not of the encoding become U+FFFD.

export interface LineLimit {
  /** The longest line in bytes as they stand in the file. */
  readonly bytesMax: number;
  /** Cuts a longer one; else it is refused. */
  readonly truncate: boolean;
}

export interface LineReceiver {
  readonly line: (text: string, offset: number) => void;
  /** A line that was refused; `bytes` is how much of it had come. */
  readonly overlong: (bytes: number, offset: number) => void;
}

/** How a file is written, and how many bytes of a mark stand before its first line. */
export interface Encoding {
  readonly label: string;
  readonly markBytes: number;
}

const EMPTY = Buffer.alloc(0);
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The encoding that a byte order mark tells, else the one that is given. */
export function encodingOf(head: Uint8Array, given: string): Encoding {
  const [a, b, c] = head;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { label: 'utf-8', markBytes: 3 };
  if (a === 0xff && b === 0xfe) return { label: 'utf-16le', markBytes: 2 };
  if (a === 0xfe && b === 0xff) return { label: 'utf-16be', markBytes: 2 };
  return { label: given, markBytes: 0 };
}

/** True for a name that `TextDecoder` knows. */
export function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== '';
  } catch {
    return false;
  }
}

export class LineSplitter {
  readonly #limit: () => LineLimit;
  readonly #receiver: LineReceiver;
  readonly #decode: (bytes: Buffer) => string;
  /** Bytes of a code unit, and where in it the low byte stands. */
  readonly #unit: 1 | 2;
  readonly #low: 0 | 1;
  #pieces: Buffer[] = [];
  #pending = 0;
  #half: Buffer = EMPTY;
  #start: number;
  /** True while the rest of a line over the limit is passed over. */
  #skips = false;
  /** True after a line that went out without its break: the break may still come. */
  #broken = false;

  constructor(encoding: string, offset: number, options: { readonly limit: () => LineLimit; readonly receiver: LineReceiver }) {
    const decoder = new TextDecoder(encoding, { ignoreBOM: true });
    this.#decode = decoder.encoding === 'utf-8' ? (bytes) => bytes.toString('utf8') : (bytes) => decoder.decode(bytes);
    this.#unit = decoder.encoding.startsWith('utf-16') ? 2 : 1;
    this.#low = decoder.encoding === 'utf-16be' ? 1 : 0;
    this.#start = offset;
    this.#limit = options.limit;
    this.#receiver = options.receiver;
  }

  /** Where the line begins that is not complete. */
  get lineStart(): number {
    return this.#start;
  }

  /** Where the next bytes are read. */
  get end(): number {
    return this.#start + this.#pending + this.#half.length;
  }

  /** True when something waits that `flush` would give. */
  get waits(): boolean {
    return this.#pending > 0 && !this.#skips;
  }

  /** Takes bytes that follow those before; they are not changed afterwards, for a part of them may be kept. */
  push(given: Buffer): void {
    const bytes = this.#unit === 1 ? given : this.#wholeUnits(given);
    let from = 0;
    for (let at = this.#breakIn(bytes, 0); at >= 0; at = this.#breakIn(bytes, from)) {
      this.#take(bytes.subarray(from, at));
      this.#pending += this.#unit;
      this.#end(true);
      from = at + this.#unit;
    }
    this.#take(bytes.subarray(from));
  }

  /** Gives what waits as a line, although its break has not come. */
  flush(): void {
    if (!this.waits) return;
    this.#end(false);
    this.#broken = true;
  }

  /** Units of two bytes may be torn between two pieces: the first half waits. */
  #wholeUnits(given: Buffer): Buffer {
    const bytes = this.#half.length === 0 ? given : Buffer.concat([this.#half, given]);
    const whole = bytes.length - (bytes.length % 2);
    this.#half = bytes.subarray(whole);
    return bytes.subarray(0, whole);
  }

  #take(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pending += bytes.length;
    if (this.#skips) return;
    const { bytesMax, truncate } = this.#limit();
    const kept = this.#pending - bytes.length;
    // One unit more than the limit: a line feed's carriage return is no part of the line.
    if (kept + bytes.length <= bytesMax + this.#unit) {
      this.#pieces.push(bytes);
      return;
    }
    if (truncate) this.#emit(cut(Buffer.concat([...this.#pieces, bytes]), bytesMax, this.#unit));
    else this.#receiver.overlong(this.#pending, this.#start);
    this.#pieces = [];
    this.#skips = true;
  }

  #end(hasBreak: boolean): void {
    const pieces = this.#pieces;
    const isEmptyRest = this.#broken && hasBreak && pieces.every((piece) => this.#isReturn(piece));
    if (!this.#skips && !isEmptyRest) this.#line(pieces.length === 1 ? (pieces[0] ?? EMPTY) : Buffer.concat(pieces));
    this.#pieces = [];
    this.#start += this.#pending;
    this.#pending = 0;
    this.#skips = false;
    this.#broken = false;
  }

  #line(bytes: Buffer): void {
    const line = this.#isReturn(bytes.subarray(-this.#unit)) ? bytes.subarray(0, -this.#unit) : bytes;
    const { bytesMax, truncate } = this.#limit();
    if (line.length <= bytesMax) this.#emit(line);
    else if (truncate) this.#emit(cut(line, bytesMax, this.#unit));
    else this.#receiver.overlong(line.length, this.#start);
  }

  #emit(line: Buffer): void {
    this.#receiver.line(this.#decode(line), this.#start);
  }

  #isReturn(bytes: Buffer): boolean {
    if (bytes.length !== this.#unit) return false;
    return bytes[this.#unit === 1 ? 0 : this.#low] === CARRIAGE_RETURN && (this.#unit === 1 || bytes[1 - this.#low] === 0);
  }

  /** Where a line break begins at or after `from`; −1 for none. */
  #breakIn(bytes: Buffer, from: number): number {
    if (this.#unit === 1) return bytes.indexOf(LINE_FEED, from);
    for (let at = bytes.indexOf(LINE_FEED, from); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) {
      const start = at - this.#low;
      if (start >= from && start % 2 === 0 && bytes[start + 1 - this.#low] === 0) return start;
    }
    return -1;
  }
}

/** The first bytes of a line, without a character that they would tear. */
function cut(line: Buffer, bytesMax: number, unit: number): Buffer {
  let end = bytesMax - (bytesMax % unit);
  // UTF-8: a byte that goes on with a character has the bits 10 in front.
  for (let i = 0; unit === 1 && i < 3 && ((line[end] ?? 0) & 0xc0) === 0x80; i++) end--;
  return line.subarray(0, end);
}
