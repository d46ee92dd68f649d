// How far each source has been read, on disk: one JSON line per change, the last line of a key counts.
//
//   put, put, … ─▶ append at the end ─▶ (when the file has grown) a new file in its place
//
// A line that a crash has torn is the last one and is passed over: what it would have said is read again. There is no fsync for a line: after a power
// cut the positions are a little older than the lines in the store, which costs a second reading and never a line.

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Bytes of changes that may gather before the file is written anew, above what is in force. */
const SLACK_BYTES = 256 * 1024;

type Values = Map<string, string>;

/** Durable values by key; a value is what `JSON.stringify` takes. */
export class PositionLog implements AsyncDisposable {
  readonly #file: string;
  readonly #values: Values;
  #handle: FileHandle | undefined;
  #bytes = 0;
  #liveBytes = 0;

  private constructor(file: string, values: Values) {
    this.#file = file;
    this.#values = values;
    for (const [key, value] of values) this.#liveBytes += key.length + value.length + 4;
  }

  /** Reads what is there; an absent file is empty. Rejects when the directory cannot be written. */
  static async open(file: string): Promise<PositionLog> {
    await mkdir(dirname(file), { recursive: true });
    const log = new PositionLog(file, parseLines(await readIfThere(file)));
    // The new file ends in a whole line, whatever the old one ended in.
    await log.#compact();
    return log;
  }

  get size(): number {
    return this.#values.size;
  }

  /** The value of a key as it was put, not yet parsed into a type of its own. */
  get(key: string): unknown {
    const value = this.#values.get(key);
    return value === undefined ? undefined : JSON.parse(value);
  }

  keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** Writes changes; undefined takes a key away. */
  async put(changes: Iterable<readonly [key: string, value: unknown]>): Promise<void> {
    let text = '';
    for (const [key, value] of changes) {
      const json = value === undefined ? undefined : JSON.stringify(value);
      this.#note(key, json);
      text += lineOf(key, json ?? 'null');
    }
    if (text === '' || this.#handle === undefined) return;
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes > 2 * this.#liveBytes + SLACK_BYTES) await this.#compact();
    else await this.#append(this.#handle, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #append(handle: FileHandle, text: string): Promise<void> {
    try {
      await handle.appendFile(text);
    } catch (error) {
      // Part of a line may stand there now: the next change begins a new file rather than a line behind it.
      this.#bytes = Number.POSITIVE_INFINITY;
      throw error;
    }
  }

  #note(key: string, json: string | undefined): void {
    const before = this.#values.get(key);
    if (before !== undefined) this.#liveBytes -= key.length + before.length + 4;
    if (json === undefined) this.#values.delete(key);
    else {
      this.#values.set(key, json);
      this.#liveBytes += key.length + json.length + 4;
    }
  }

  async #compact(): Promise<void> {
    const temporary = `${this.#file}.new`;
    let text = '';
    for (const [key, json] of this.#values) text += lineOf(key, json);
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.datasync();
      await rename(temporary, this.#file);
    } catch (error) {
      await handle.close();
      throw error;
    }
    await this.#handle?.close();
    this.#handle = handle;
    this.#bytes = Buffer.byteLength(text);
  }
}

function lineOf(key: string, json: string): string {
  return `[${JSON.stringify(key)},${json}]\n`;
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** `["key",value]` per line; a line that is not whole says nothing, a null takes the key away. */
function parseLines(text: string): Values {
  const values: Values = new Map();
  for (const line of text.split('\n')) {
    const pair = parsePair(line);
    if (pair === undefined) continue;
    if (pair[1] === null) values.delete(pair[0]);
    else values.set(pair[0], JSON.stringify(pair[1]));
  }
  return values;
}

function parsePair(line: string): readonly [string, unknown] | undefined {
  try {
    const pair: unknown = JSON.parse(line);
    return Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' ? [pair[0], pair[1]] : undefined;
  } catch {
    return undefined;
  }
}
