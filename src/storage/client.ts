// What the program asks of ClickHouse. Two forms meet this shape, chdb.ts (in the process) and cluster.ts (over HTTP); one conformance suite runs against both.

import type { Sql } from '../base/sql.ts';
import type { Block, Unfolded } from './native.ts';

/** Bounds of one statement; ClickHouse itself ends what goes over them. Absent means the client's defaults. */
export interface QueryLimits {
  readonly timeoutMs?: number;
  readonly memoryBytesMax?: number;
  /** Rows that may be read from tables. */
  readonly rowsReadMax?: number;
  readonly threadsMax?: number;
}

/** What a stream does not unfold is in `texts` and `coded` of its blocks. */
export interface QueryOptions extends QueryLimits, Unfolded {
  /** Ends the statement in ClickHouse when its reader has gone away. */
  readonly signal?: AbortSignal;
  /** A plain SELECT of one table, which is planned the short way: 2 ms less for each. */
  readonly isPlain?: boolean;
  /** A plain SELECT of a few rows by their key: by one thread, all columns at once. */
  readonly isPoint?: boolean;
}

/** A row of a small result, by column name; 64-bit integers are strings. */
export type Row = Readonly<Record<string, unknown>>;

/** Blocks of one INSERT, each in the Native format, all of the same columns. */
export interface InsertBatch {
  readonly table: string;
  /** The columns that every block has. */
  readonly columns: readonly string[];
  readonly blocks: readonly Uint8Array[];
  /** Names the batch: ClickHouse takes in a batch of the same name once, however often it is sent. */
  readonly token: string;
}

export interface Client extends AsyncDisposable {
  /** A small result, whole. */
  query(statement: Sql, options?: QueryOptions): Promise<readonly Row[]>;
  /** A result of any size, block by block; leaving the loop early ends the statement. */
  stream(statement: Sql, options?: QueryOptions): AsyncIterable<Block>;
  /** Resolves when the rows are on disk. */
  insert(batch: InsertBatch): Promise<void>;
  /** A statement without a result: CREATE, ALTER, DROP, KILL. */
  exec(statement: Sql): Promise<void>;
}

/** ClickHouse's refusal, with its code. */
export class ClickHouseError extends Error {
  override readonly name = 'ClickHouseError';
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
