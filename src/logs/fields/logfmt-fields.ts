// A few fields of a logfmt line, by its bytes: what most lines need, and no more.
//
// Only what is plain is read here: names of letters, digits and underscores, values without escapes. Any other line is said not to be, and goes the
// long way through the stage `logfmt`, which decides what such a line means.

const [SPACE, QUOTE, EQUALS, BACKSLASH] = [32, 34, 61, 92] as const;

/** What a byte can be in a name. */
const IS_NAME = new Uint8Array(256);
for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789') IS_NAME[char.charCodeAt(0)] = 1;

export class LogfmtFields {
  readonly #names: readonly Uint8Array[];
  /** Per name where its value stands; `from` is -1 for none. */
  readonly from: Int32Array;
  readonly to: Int32Array;

  constructor(names: readonly string[]) {
    const encoder = new TextEncoder();
    this.#names = names.map((name) => encoder.encode(name));
    this.from = new Int32Array(names.length);
    this.to = new Int32Array(names.length);
  }

  /**
   * Finds the first value of each name in `bytes[start…end)`; false where the line is not plain as far as it has to be read.
   * Hot: once per line that a query reads, and the loops are over its bytes.
   */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    const { from, to } = this;
    let missing = from.length;
    from.fill(-1);
    let at = start;
    while (missing > 0) {
      while (at < end && (bytes[at] as number) <= SPACE) at++;
      if (at === end) return true;
      const nameFrom = at;
      while (at < end && IS_NAME[bytes[at] as number] === 1) at++;
      const nameTo = at;
      // A name that begins with a digit is called otherwise, and one without a value is none.
      if (nameTo === nameFrom || (bytes[nameFrom] as number) < 58) return false;
      if (at === end) return true;
      if ((bytes[at] as number) <= SPACE) continue;
      if (bytes[at] !== EQUALS) return false;
      let valueFrom = ++at;
      let valueTo: number;
      if (at < end && bytes[at] === QUOTE) {
        valueFrom = ++at;
        while (at < end && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++;
        if (at === end || bytes[at] === BACKSLASH) return false;
        valueTo = at++;
      } else {
        for (; at < end; at++) {
          const byte = bytes[at] as number;
          if (byte <= SPACE) break;
          if (byte === EQUALS || byte === QUOTE) return false;
        }
        valueTo = at;
      }
      const field = valueTo === valueFrom ? -1 : this.#find(bytes, nameFrom, nameTo);
      if (field < 0 || (from[field] as number) >= 0) continue;
      from[field] = valueFrom;
      to[field] = valueTo;
      missing--;
    }
    return true;
  }

  #find(bytes: Uint8Array, from: number, to: number): number {
    const names = this.#names;
    next: for (let i = 0; i < names.length; i++) {
      const name = names[i] as Uint8Array;
      if (name.length !== to - from) continue;
      for (let j = 0; j < name.length; j++) if (name[j] !== bytes[from + j]) continue next;
      return i;
    }
    return -1;
  }
}
