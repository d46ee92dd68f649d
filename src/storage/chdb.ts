// The embedded form of the client: ClickHouse inside this process, through chDB.
//
// One session runs one statement at a time, so a pool of them stands on the same path: readers and inserters never wait for each other.
// Binary rows go in through a file (tmpfs where there is room): the addon's inline payload ends at the first empty line.

import { createHash } from 'node:crypto';
import { mkdir, open, rm, statfs, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { drainPending, Session } from 'chdb';
import { identifier, join as joinSql, type Sql, sql, text } from '../base/sql.ts';
import { ClickHouseError, type Client, type InsertBatch, type QueryOptions, type Row } from './client.ts';
import { type Block, decodeBlocks } from './native.ts';
import { Pool } from './pool.ts';

export interface ChdbOptions {
  readonly directory: string;
  readonly readers: number;
  readonly inserters: number;
  /** Bounds of a statement that names none. */
  readonly defaults: { readonly timeoutMs: number; readonly memoryBytesMax: number; readonly rowsReadMax: number };
  /** Extra engine arguments, such as `--config-file=…` for a storage policy. */
  readonly engineArguments: readonly string[];
}

const DATABASE = 'sightline';
const SHARED_MEMORY = '/dev/shm';
const SHARED_MEMORY_FREE_MIN = 256 * 1024 * 1024;

export class ChdbClient implements Client {
  readonly #options: ChdbOptions;
  readonly #readers: Pool<Session>;
  readonly #inserters: Pool<Session>;
  readonly #control: Pool<Session>;
  readonly #staging: string;
  #sequence = 0;

  private constructor(options: ChdbOptions, staging: string) {
    const session = (): Session => openSession(options);
    this.#options = options;
    this.#staging = staging;
    this.#control = new Pool(1, session);
    this.#inserters = new Pool(options.inserters, session);
    this.#readers = new Pool(options.readers, session);
  }

  static async open(options: ChdbOptions): Promise<ChdbClient> {
    await mkdir(options.directory, { recursive: true });
    const staging = await stagingDirectory(options.directory);
    return new ChdbClient(options, staging);
  }

  async query(statement: Sql, options: QueryOptions = {}): Promise<readonly Row[]> {
    return this.#cancellable(options, async (tag) => {
      const run = (session: Session) => call(() => session.queryAsync(this.#bounded(statement, options, tag), { format: 'JSONEachRow' }));
      const result = await this.#readers.use(run, options.signal);
      const body = result.text();
      return body === '' ? [] : body.trimEnd().split('\n').map(parseRow);
    });
  }

  async *stream(statement: Sql, options: QueryOptions = {}): AsyncGenerator<Block> {
    const session = await this.#readers.take(options.signal);
    const tag = this.#tag();
    const kill = () => void this.#kill(tag);
    options.signal?.addEventListener('abort', kill, { once: true });
    try {
      const chunks = session.queryStream(this.#bounded(statement, options, tag), { format: 'Native' });
      for await (const chunk of readAhead(chunks)) yield* decodeBlocks(chunk.raw(), options);
    } catch (error) {
      throw mapped(error);
    } finally {
      options.signal?.removeEventListener('abort', kill);
      this.#readers.give(session);
    }
  }

  async insert({ table, columns: names, blocks, token }: InsertBatch): Promise<void> {
    const path = join(this.#staging, `${table}-${this.#sequence++}.native`);
    try {
      await writeFile(path, blocks);
      const columns = joinSql(names.map(identifier), sql`, `);
      const source = sql`SELECT ${columns} FROM file(${text(path)}, 'Native') SETTINGS insert_deduplication_token = ${text(token)}`;
      const statement = sql`INSERT INTO ${identifier(table)} (${columns}) ${source}`;
      await this.#inserters.use((session) => call(() => session.queryAsync(`${statement.source}${INSERT_SETTINGS}`)));
    } finally {
      // What cannot be removed goes with the directory at the next start.
      await unlink(path).catch(() => undefined);
    }
  }

  async exec(statement: Sql): Promise<void> {
    await this.#control.use((session) => call(() => session.queryAsync(statement.source)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pool of [this.#readers, this.#inserters, this.#control]) await pool.drain((session) => session.close());
    await drainPending();
    await rm(this.#staging, { recursive: true, force: true });
  }

  async #cancellable<T>(options: QueryOptions, run: (tag: string) => Promise<T>): Promise<T> {
    const tag = this.#tag();
    const kill = () => void this.#kill(tag);
    options.signal?.addEventListener('abort', kill, { once: true });
    try {
      return await run(tag);
    } finally {
      options.signal?.removeEventListener('abort', kill);
    }
  }

  // What cannot be killed ends at its own time limit. Without SYNC: waiting for the end of a statement of another session deadlocks the engine.
  async #kill(tag: string): Promise<void> {
    const pattern = text(`/*${tag}*/%`);
    await this.exec(sql`KILL QUERY WHERE query LIKE ${pattern} ASYNC`).catch(() => undefined);
  }

  #tag(): string {
    return `q${this.#sequence++}`;
  }

  #bounded(statement: Sql, options: QueryOptions, tag: string): string {
    const { timeoutMs, memoryBytesMax, rowsReadMax } = { ...this.#options.defaults, ...definedOnly(options) };
    const bounds = [
      `max_execution_time = ${timeoutMs / 1000}`,
      `max_memory_usage = ${memoryBytesMax}`,
      `max_rows_to_read = ${rowsReadMax}`,
      ...(options.isPoint === true ? ['max_threads = 1', 'optimize_move_to_prewhere = 0'] : []),
      ...(options.isPlain === true || options.isPoint === true ? ['enable_analyzer = 0', 'optimize_use_projections = 0'] : []),
      // Long texts come in blocks of their own size: fewer of them to be handed over.
      ...(options.texts === undefined ? [] : ['preferred_block_size_bytes = 4194304']),
      ...(options.threadsMax === undefined ? [] : [`max_threads = ${options.threadsMax}`]),
    ];
    return `/*${tag}*/ ${statement.source} SETTINGS ${bounds.join(', ')}`;
  }
}

/** The next item is fetched while one is worked on: the engine then does not wait for this process, nor it for the engine. */
async function* readAhead<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let ahead = iterator.next();
  try {
    for (let item = await ahead; item.done !== true; item = await ahead) {
      ahead = iterator.next();
      // What it fails with is thrown when it is asked for, and means nothing to a reader that has left.
      ahead.catch(() => undefined);
      yield item.value;
    }
  } finally {
    await iterator.return?.();
  }
}

// Every session stands in our own database.
function openSession(options: ChdbOptions): Session {
  const session = new Session(options.directory, { connectionArgs: [...ENGINE_ARGUMENTS, ...options.engineArguments] });
  session.query(`CREATE DATABASE IF NOT EXISTS ${DATABASE} ENGINE = Atomic`);
  session.query(`USE ${DATABASE}`);
  return session;
}

// One thread per INSERT and block sizes over a batch's: a batch becomes one part per partition.
const INSERT_SETTINGS =
  ', max_threads = 1, max_insert_threads = 1, max_insert_block_size = 4000000, min_insert_block_size_rows = 4000000, min_insert_block_size_bytes = 0, max_partitions_per_insert_block = 0, optimize_on_insert = 0';

const ENGINE_ARGUMENTS = [
  '--output_format_json_quote_64bit_integers=1',
  '--max_query_size=268435456',
  '--max_ast_elements=10000000',
  '--max_expanded_ast_elements=10000000',
];

function definedOnly<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Partial<T>;
}

function parseRow(line: string): Row {
  return JSON.parse(line) as Row;
}

async function call<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw mapped(error);
  }
}

// The engine's text carries the code: `Code: 241. DB::Exception: …`.
function mapped(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = /Code: (\d+)/.exec(error.message)?.[1];
  return code === undefined ? error : new ClickHouseError(Number(code), error.message, { cause: error });
}

async function stagingDirectory(directory: string): Promise<string> {
  const own = `sightline-${createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 16)}`;
  const path = (await hasRoom()) ? join(SHARED_MEMORY, own) : join(directory, '..', 'staging');
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}

async function hasRoom(): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(SHARED_MEMORY);
    return bavail * bsize >= SHARED_MEMORY_FREE_MIN;
  } catch {
    return false; // a system without tmpfs stages on disk
  }
}

async function writeFile(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writev(parts);
  } finally {
    await file.close();
  }
}
