// The client's form for a ClickHouse server or cluster: the same statements over HTTP.

import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseError as DriverError, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { identifier, join, type Sql, sql } from '../base/sql.ts';
import { ClickHouseError, type Client, type InsertBatch, type QueryLimits, type QueryOptions, type Row } from './client.ts';
import { type Block, decodeStream } from './native.ts';

export interface ClusterOptions {
  /** `http://user:password@host:8123/database`. */
  readonly url: string;
  readonly connections: number;
  readonly defaults: Required<Omit<QueryLimits, 'threadsMax'>>;
}

const DEFAULT_DATABASE = 'sightline';
/** On top of a statement's own limit: what the network may add before the request is given up. */
const NETWORK_SLACK_MS = 10_000;

export class ClusterClient implements Client {
  readonly #client: ClickHouseClient;
  readonly #options: ClusterOptions;

  private constructor(client: ClickHouseClient, options: ClusterOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Connects, and makes the database where it is not yet. */
  static async open(options: ClusterOptions): Promise<ClusterClient> {
    const { connections, defaults } = options;
    const { database, rest } = databaseOf(options.url);
    const shared = {
      url: rest,
      max_open_connections: connections,
      request_timeout: defaults.timeoutMs + NETWORK_SLACK_MS,
      log: { level: ClickHouseLogLevel.OFF },
    };
    const first = createClient({ ...shared, database: 'default' });
    try {
      await mapped(first.command({ query: sql`CREATE DATABASE IF NOT EXISTS ${identifier(database)}`.source }));
    } finally {
      await first.close();
    }
    return new ClusterClient(createClient({ ...shared, database }), options);
  }

  async query(statement: Sql, options: QueryOptions = {}): Promise<readonly Row[]> {
    const text = await mapped(this.#text(statement, options));
    return text === '' ? [] : text.trimEnd().split('\n').map(parseRow);
  }

  async *stream(statement: Sql, options: QueryOptions = {}): AsyncGenerator<Block> {
    const { stream } = await mapped(this.#exec(statement, 'Native', options));
    try {
      yield* decodeStream(stream, options);
    } finally {
      stream.destroy();
    }
  }

  async insert({ table, columns, blocks, token }: InsertBatch): Promise<void> {
    const names = join(columns.map(identifier), sql`, `);
    const statement = sql`INSERT INTO ${identifier(table)} (${names}) FORMAT Native`;
    const settings = { ...INSERT_SETTINGS, insert_deduplication_token: token };
    const result = await mapped(
      this.#client.exec({ query: statement.source, values: Readable.from(blocks, { objectMode: false }), clickhouse_settings: settings }),
    );
    for await (const _ of result.stream);
  }

  async exec(statement: Sql): Promise<void> {
    await mapped(this.#client.command({ query: statement.source }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }

  async #text(statement: Sql, options: QueryOptions): Promise<string> {
    const { stream } = await this.#exec(statement, 'JSONEachRow', options);
    const chunks = await stream.toArray();
    return Buffer.concat(chunks).toString('utf8');
  }

  // A reader that leaves closes the connection, and `cancel_http_readonly_queries_on_client_close` ends the statement.
  #exec(statement: Sql, format: string, options: QueryOptions) {
    return this.#client.exec({
      query: `${statement.source} FORMAT ${format}`,
      clickhouse_settings: this.#settings(options),
      ...(options.signal === undefined ? {} : { abort_signal: options.signal }),
    });
  }

  #settings(options: QueryOptions) {
    const { defaults } = this.#options;
    return {
      readonly: '2',
      cancel_http_readonly_queries_on_client_close: 1,
      output_format_json_quote_64bit_integers: 1,
      max_query_size: '268435456',
      max_execution_time: (options.timeoutMs ?? defaults.timeoutMs) / 1000,
      max_memory_usage: String(options.memoryBytesMax ?? defaults.memoryBytesMax),
      max_rows_to_read: String(options.rowsReadMax ?? defaults.rowsReadMax),
      ...(options.threadsMax === undefined ? {} : { max_threads: options.threadsMax }),
    } as const;
  }
}

const INSERT_SETTINGS = {
  max_partitions_per_insert_block: '0',
  optimize_on_insert: 0,
  min_insert_block_size_rows: '4000000',
  min_insert_block_size_bytes: '0',
  insert_distributed_sync: 1,
} as const;

function databaseOf(url: string): { database: string; rest: string } {
  const parsed = new URL(url);
  const database = decodeURIComponent(parsed.pathname.slice(1)) || DEFAULT_DATABASE;
  parsed.pathname = '';
  return { database, rest: parsed.toString() };
}

function parseRow(line: string): Row {
  return JSON.parse(line) as Row;
}

async function mapped<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof DriverError) throw new ClickHouseError(Number(error.code), error.message, { cause: error });
    throw error;
  }
}
