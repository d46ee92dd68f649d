// Reading JSON by hand over bytes: strings come out as bytes of the body, without a string or an object in between.
//
// As tolerant inside strings as the peer's scanner: control characters stand for themselves, half a surrogate pair is U+FFFD. Every malformed text ends
// in `bad_data` with its byte position.

import { RequestError } from '../../base/request-error.ts';

const [QUOTE, COMMA, COLON, BACKSLASH] = [34, 44, 58, 92] as const;
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [91, 93, 123, 125] as const;
const LITERAL = /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
const LITERAL_LENGTH_MAX = 400;
/** How deep values may nest that nobody asked for. */
const DEPTH_MAX = 128;

export type JsonKind = 'string' | 'object' | 'array' | 'null' | 'other';

export class JsonScanner {
  readonly bytes: Buffer;
  /** Offset of the next byte. */
  at = 0;
  /** What `string` came over: the bytes between the quotes, and whether an escape is among them. */
  from = 0;
  to = 0;
  escaped = false;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** What the value is that comes next. */
  kind(): JsonKind {
    switch (this.#peek()) {
      case QUOTE:
        return 'string';
      case OPEN_BRACE:
        return 'object';
      case OPEN_BRACKET:
        return 'array';
      case 110:
        return 'null';
      default:
        return 'other';
    }
  }

  /** Reads a string into `from`, `to` and `escaped`. */
  string(what: string): void {
    if (this.#peek() !== QUOTE) this.fail(`${what}: expected a string`);
    const { bytes } = this;
    const end = bytes.length;
    let at = this.at + 1;
    this.from = at;
    this.escaped = false;
    for (; at < end; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte !== BACKSLASH) continue;
      this.escaped = true;
      at++;
    }
    if (at >= end) this.fail(`${what}: a string without its end`);
    this.to = at;
    this.at = at + 1;
  }

  text(what: string): string {
    this.string(what);
    return this.escaped ? this.unescaped().toString('utf8') : this.bytes.toString('utf8', this.from, this.to);
  }

  /** A string as UTF-8 bytes: a view of the body where no escape stands in it, else bytes of its own. */
  stringBytes(what: string): Buffer {
    this.string(what);
    return this.escaped ? this.unescaped() : this.bytes.subarray(this.from, this.to);
  }

  /** The string that was read last with its escapes undone. */
  unescaped(): Buffer {
    const { bytes, from, to } = this;
    const out = Buffer.allocUnsafe(to - from);
    let length = 0;
    for (let at = from; at < to;) {
      const next = bytes.indexOf(BACKSLASH, at);
      const plain = next < 0 || next > to ? to : next;
      length += bytes.copy(out, length, at, plain);
      at = plain;
      if (at >= to) break;
      const simple = SIMPLE_ESCAPES[bytes[at + 1] ?? 0] ?? 0;
      if (simple !== 0) {
        out[length++] = simple;
        at += 2;
        continue;
      }
      const code = this.#unicodeAt(at);
      const isPair = code >= 0xd800 && code < 0xdc00 && at + 12 <= to && bytes[at + 6] === BACKSLASH && bytes[at + 7] === 117;
      const low = isPair ? this.#unicodeAt(at + 6) : 0;
      const joined = low >= 0xdc00 && low < 0xe000;
      length += out.write(joined ? String.fromCharCode(code, low) : String.fromCharCode(code).toWellFormed(), length);
      at += joined ? 12 : 6;
    }
    return out.subarray(0, length);
  }

  #unicodeAt(at: number): number {
    const digits = this.bytes[at + 1] === 117 && at + 6 <= this.to ? this.bytes.toString('latin1', at + 2, at + 6) : '';
    if (/^[0-9a-fA-F]{4}$/.test(digits)) return Number.parseInt(digits, 16);
    this.at = at;
    return this.fail('an escape that is none');
  }

  /** Reads an object; `field` must read the value, or pass over it. */
  object(what: string, field: (name: string) => void): void {
    if (this.#peek() !== OPEN_BRACE) this.fail(`${what}: expected an object`);
    this.at++;
    if (this.#take(CLOSE_BRACE)) return;
    do {
      const name = this.text(what);
      if (!this.#take(COLON)) this.fail(`${what}: expected a colon`);
      field(name);
    } while (this.#take(COMMA));
    if (!this.#take(CLOSE_BRACE)) this.fail(`${what}: expected a comma or the end of the object`);
  }

  /** Reads an array; `item` must read the value, or pass over it. */
  array(what: string, item: () => void): void {
    if (this.#peek() !== OPEN_BRACKET) this.fail(`${what}: expected an array`);
    this.at++;
    if (this.#take(CLOSE_BRACKET)) return;
    do item();
    while (this.#take(COMMA));
    if (!this.#take(CLOSE_BRACKET)) this.fail(`${what}: expected a comma or the end of the array`);
  }

  /** Passes over a value. */
  skip(depth = 0): void {
    if (depth > DEPTH_MAX) this.fail(`values nested deeper than ${DEPTH_MAX}`);
    switch (this.kind()) {
      case 'string':
        return this.string('a value');
      case 'object':
        return this.object('a value', () => this.skip(depth + 1));
      case 'array':
        return this.array('a value', () => this.skip(depth + 1));
      default: {
        const from = this.at;
        let to = from;
        while (to < this.bytes.length && to - from <= LITERAL_LENGTH_MAX && !endsLiteral(this.bytes[to] ?? 0)) to++;
        if (!LITERAL.test(this.bytes.toString('latin1', from, to))) this.fail('expected a value');
        this.at = to;
      }
    }
  }

  /** Nothing but white space may follow. */
  end(): void {
    if (this.#peek() !== -1) this.fail('more behind the end of the body');
  }

  fail(problem: string): never {
    throw new RequestError('bad_data', `malformed JSON at byte ${this.at}: ${problem}`);
  }

  #take(byte: number): boolean {
    if (this.#peek() !== byte) return false;
    this.at++;
    return true;
  }

  /** The next byte that is no white space, -1 at the end. */
  #peek(): number {
    const { bytes } = this;
    while (this.at < bytes.length) {
      const byte = bytes[this.at] ?? 0;
      if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) return byte;
      this.at++;
    }
    return -1;
  }
}

const SIMPLE_ESCAPES = new Uint8Array(256);
for (const [escape, byte] of [
  ['"', 34],
  ['\\', 92],
  ['/', 47],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
] as const)
  SIMPLE_ESCAPES[escape.charCodeAt(0)] = byte;

function endsLiteral(byte: number): boolean {
  return byte <= 32 || byte === COMMA || byte === CLOSE_BRACKET || byte === CLOSE_BRACE;
}
