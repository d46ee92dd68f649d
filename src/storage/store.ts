// The store as one thing: the client in its form, the schema up to date, and a writer for each table.

import { join } from 'node:path';
import type { Client } from './client.ts';
import { type Migration, migrate } from './migrate.ts';
import { type Form, insertColumns, type Table } from './schema.ts';
import { logDirectory, TableWriter } from './writer.ts';

/** INSERTs at the same time, over all tables. */
const INSERTERS = 2;
/** Full batches that may wait in a table's log: one on its way into the table, and room for those that gather behind it. */
const BATCHES_PENDING = 4;

export interface StoreOptions {
  readonly dataDir: string;
  /** A ClickHouse server's URL; undefined for the embedded one. */
  readonly url: string | undefined;
  /** The cluster's name on that server; empty for a server that stands alone. */
  readonly cluster: string;
  readonly readers: number;
  readonly insertDelayMs: number;
  readonly batchRowsMax: number;
  readonly pendingBytesMax: number;
  readonly defaults: { readonly timeoutMs: number; readonly memoryBytesMax: number; readonly rowsReadMax: number };
  readonly engineArguments: readonly string[];
  readonly migrations: readonly Migration[];
  readonly onInsertError: (table: string, error: unknown, attempt: number) => void;
}

export class Store implements AsyncDisposable {
  readonly client: Client;
  readonly form: Form;
  readonly #options: StoreOptions;
  readonly #writers = new Map<string, TableWriter>();

  private constructor(client: Client, form: Form, options: StoreOptions) {
    this.client = client;
    this.form = form;
    this.#options = options;
  }

  /** Opens the store with all of its tables. */
  static async open(options: StoreOptions): Promise<Store> {
    const client = await openClient(options);
    try {
      const form: Form = options.cluster === '' ? { kind: 'single' } : { kind: 'cluster', cluster: options.cluster };
      await migrate(client, form, options.migrations);
      return new Store(client, form, options);
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The one writer of a table, after what its log held has been inserted. */
  async writer(table: Table): Promise<TableWriter> {
    const known = this.#writers.get(table.name);
    if (known !== undefined) return known;
    const { patience = 1 } = table;
    const { dataDir, batchRowsMax, insertDelayMs, pendingBytesMax, onInsertError } = this.#options;
    const writer = await TableWriter.open({
      client: this.client,
      table: table.name,
      columns: insertColumns(table),
      directory: logDirectory(dataDir, table.name),
      batchRowsMax: batchRowsMax * patience,
      batchBytesMax: Math.floor(pendingBytesMax / BATCHES_PENDING),
      delayMs: insertDelayMs * patience,
      pendingBytesMax,
      onInsertError: (error, attempt) => onInsertError(table.name, error, attempt),
    });
    this.#writers.set(table.name, writer);
    return writer;
  }

  /** The engine runs in this process, which alone writes its tables. */
  get isEmbedded(): boolean {
    return this.#options.url === undefined;
  }

  get writers(): ReadonlyMap<string, TableWriter> {
    return this.#writers;
  }

  /** Inserts what waits, then closes the client. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer[Symbol.asyncDispose]()));
    await this.client[Symbol.asyncDispose]();
  }
}

// Each form is loaded where it is used: the engine is 140 MB resident, the driver 6.
async function openClient({ url, dataDir, readers, defaults, engineArguments }: StoreOptions): Promise<Client> {
  if (url !== undefined) {
    const { ClusterClient } = await import('./cluster.ts');
    return ClusterClient.open({ url, connections: readers + INSERTERS, defaults });
  }
  const { ChdbClient } = await import('./chdb.ts');
  return ChdbClient.open({ directory: join(dataDir, 'store'), readers, inserters: INSERTERS, defaults, engineArguments });
}
