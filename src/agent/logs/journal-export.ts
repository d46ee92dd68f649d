// The journal's export format, as `journalctl --output=export` writes it: bytes in pieces, entries out.
//
// An entry is lines `NAME=value`, or a line `NAME`, eight bytes of length, that many bytes and a line break; an empty line ends it.
// Source: systemd documentation, "Journal Export Format". A field over the bound is left out: journals hold whole memory dumps.

const FIELD_BYTES_MAX = 1024 * 1024;
const FIELDS_MAX = 1024;
const LINE_FEED = 0x0a;
const EQUALS = 0x3d;
const LENGTH_BYTES = 8;
/** No field is longer than this: a length beyond it says that the bytes are no export. */
const LENGTH_MAX = 2 ** 40;

/** Of a field that an entry has several times the first counts. Bytes that are no UTF-8 become U+FFFD. */
export type JournalFields = ReadonlyMap<string, string>;

/** The bytes are no export. */
export class JournalFormatError extends Error {
  override readonly name = 'JournalFormatError';
}

export class JournalDecoder {
  readonly #entry: (fields: JournalFields) => void;
  #buffer: Buffer = Buffer.alloc(0);
  #fields = new Map<string, string>();
  /** Bytes of a field that is left out, still to come. */
  #skip = 0;
  #skipsLine = false;

  constructor(entry: (fields: JournalFields) => void) {
    this.#entry = entry;
  }

  /** Throws `JournalFormatError`; the decoder is of no use after that. */
  push(bytes: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes]);
    let at = 0;
    for (let next = this.#step(at); next > at; next = this.#step(at)) at = next;
    this.#buffer = this.#buffer.subarray(at);
  }

  /** Reads one thing; where it ends, or `at` when more bytes are needed. */
  #step(at: number): number {
    const buffer = this.#buffer;
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, buffer.length - at);
      this.#skip -= skipped;
      return at + skipped;
    }
    const end = buffer.indexOf(LINE_FEED, at);
    if (this.#skipsLine || (end < 0 && buffer.length - at > FIELD_BYTES_MAX)) {
      this.#skipsLine = end < 0;
      return end < 0 ? buffer.length : end + 1;
    }
    if (end < 0) return at;
    if (end === at) {
      this.#finish();
      return end + 1;
    }
    const equals = buffer.subarray(at, end).indexOf(EQUALS);
    if (equals < 0) return this.#binary(at, end);
    this.#set(buffer.toString('latin1', at, at + equals), buffer.subarray(at + equals + 1, end));
    return end + 1;
  }

  #binary(at: number, end: number): number {
    const buffer = this.#buffer;
    const start = end + 1 + LENGTH_BYTES;
    if (buffer.length < start) return at;
    const length = Number(buffer.readBigUInt64LE(end + 1));
    if (length > LENGTH_MAX) throw new JournalFormatError(`a field of ${length} bytes`);
    if (length > FIELD_BYTES_MAX) {
      this.#skip = length + 1;
      return start;
    }
    if (buffer.length < start + length + 1) return at;
    if (buffer[start + length] !== LINE_FEED) throw new JournalFormatError('a field does not end where its length says');
    this.#set(buffer.toString('latin1', at, end), buffer.subarray(start, start + length));
    return start + length + 1;
  }

  #set(name: string, value: Buffer): void {
    if (this.#fields.size < FIELDS_MAX && !this.#fields.has(name)) this.#fields.set(name, value.toString('utf8'));
  }

  #finish(): void {
    if (this.#fields.size === 0) return;
    const fields = this.#fields;
    this.#fields = new Map();
    this.#entry(fields);
  }
}
