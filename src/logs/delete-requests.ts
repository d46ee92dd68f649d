// Requests to delete lines: kept in one small file, so that a restart forgets none, and carried out one after the other.
//
//   add ─▶ file beside, fsync, rename ─▶ received ─(the time for cancelling is over)─▶ deleteLines ─▶ processed
//                                           └─ cancel ─▶ gone
//
// What fails is tried again; what was deleted twice is deleted once.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { replaceFile } from '../base/replace-file.ts';
import { RequestError } from '../base/request-error.ts';
import type { LogExpr } from './logql/ast.ts';
import { NS_PER_MS, parseLogQuery } from './api-params.ts';
import type { NsRange } from './line-block.ts';

/** Requests of one tenant that wait, and those that are remembered after they were carried out. */
const WAITING_MAX = 1000;
const PROCESSED_MAX = 1000;
const RETRY_MS = 60_000;
/** The longest that a timer can wait. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export interface DeleteRequest {
  readonly id: string;
  readonly tenant: string;
  readonly query: string;
  /** Milliseconds since the epoch; both ends are deleted. */
  readonly startMs: number;
  readonly endMs: number;
  readonly createdMs: number;
  readonly status: 'received' | 'processed';
}

export interface DeleteRequestsOptions {
  /** Its directory exists. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a request may still be cancelled before it is carried out, in milliseconds. */
  readonly cancelMs: () => number;
  /** Deletes the lines that a query selects, and gives how many; the signal fires when the program stops. */
  readonly deleteLines: (tenant: string, expr: LogExpr, range: NsRange, signal: AbortSignal) => Promise<number>;
}

export class DeleteRequests implements AsyncDisposable {
  readonly #options: DeleteRequestsOptions;
  #requests: readonly DeleteRequest[];
  /** Changes of the list follow one another. */
  #turn: Promise<unknown> = Promise.resolve();
  /** The request that is being carried out. */
  #running: string | undefined;
  /** When a request that failed is tried again, by its id. */
  readonly #retryMs = new Map<string, number>();
  #worker: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  readonly #closing = new AbortController();

  private constructor(options: DeleteRequestsOptions, requests: readonly DeleteRequest[]) {
    this.#options = options;
    this.#requests = requests;
    this.#wake(0);
  }

  /** Reads what was kept. A file that cannot be read stops the start: its requests would be lost with the next one. */
  static async open(options: DeleteRequestsOptions): Promise<DeleteRequests> {
    return new DeleteRequests(options, await readRequests(options.file));
  }

  /** A tenant's requests, the oldest first. */
  list(tenant: string): readonly DeleteRequest[] {
    return this.#requests.filter((request) => request.tenant === tenant);
  }

  /** Keeps a request; when it resolves the request is on disk. */
  async add(given: Pick<DeleteRequest, 'tenant' | 'query' | 'startMs' | 'endMs'>): Promise<DeleteRequest> {
    const request = { ...given, id: randomBytes(8).toString('hex'), createdMs: this.#options.clock.now(), status: 'received' } as const;
    await this.#change((requests) => {
      const waiting = requests.filter(({ tenant, status }) => tenant === given.tenant && status === 'received').length;
      if (waiting >= WAITING_MAX) throw new RequestError('rate_limited', `${waiting} delete requests wait already, ${WAITING_MAX} at most`);
      return [...requests, request];
    });
    this.#wake(0);
    return request;
  }

  /** Takes back a request that has not begun. */
  async cancel(tenant: string, id: string): Promise<void> {
    await this.#change((requests) => {
      const request = requests.find((each) => each.tenant === tenant && each.id === id);
      if (request === undefined) throw new RequestError('not_found', 'could not find delete request with given id');
      if (request.status !== 'received' || id === this.#running)
        throw new RequestError('bad_data', 'deletion of request which is in process or already processed is not allowed');
      return requests.filter((each) => each !== request);
    });
    this.#retryMs.delete(id);
  }

  /** Resolves when everything that is due has been tried. */
  async settled(): Promise<void> {
    await this.#worker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#worker;
    await this.#turn;
  }

  async #change(change: (requests: readonly DeleteRequest[]) => readonly DeleteRequest[]): Promise<void> {
    const done = this.#turn.then(async () => {
      const next = change(this.#requests);
      await replaceFile(this.#options.file, JSON.stringify(next));
      this.#requests = next;
    });
    // The next change is not to blame for this one.
    this.#turn = done.catch(() => undefined);
    await done;
  }

  #wake(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#closing.signal.aborted) return;
    if (ms > 0) this.#timer = setTimeout(() => this.#wake(0), Math.min(ms, TIMER_MS_MAX)).unref();
    else this.#worker = this.#worker.then(() => this.#work());
  }

  /** Carries out what is due, then sleeps until the next is. */
  async #work(): Promise<void> {
    const { clock, log } = this.#options;
    for (;;) {
      const next = this.#next();
      if (next === undefined || this.#closing.signal.aborted) return;
      const waitMs = this.#dueMs(next) - clock.now();
      if (waitMs > 0) return this.#wake(waitMs);
      const { id, tenant } = next;
      this.#running = id;
      try {
        await this.#carryOut(next);
        this.#retryMs.delete(id);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        log.error('delete request failed; it is tried again', { request: id, tenant, retryMs: RETRY_MS, error });
        this.#retryMs.set(id, clock.now() + RETRY_MS);
      } finally {
        this.#running = undefined;
      }
    }
  }

  /** The request that is due first. */
  #next(): DeleteRequest | undefined {
    let first: DeleteRequest | undefined;
    for (const request of this.#requests) {
      if (request.status === 'received' && (first === undefined || this.#dueMs(request) < this.#dueMs(first))) first = request;
    }
    return first;
  }

  #dueMs({ id, createdMs }: DeleteRequest): number {
    return this.#retryMs.get(id) ?? createdMs + this.#options.cancelMs();
  }

  async #carryOut(request: DeleteRequest): Promise<void> {
    const { deleteLines, log } = this.#options;
    const { id, tenant, query, startMs, endMs } = request;
    const range = { fromNs: BigInt(startMs) * NS_PER_MS, toNs: (BigInt(endMs) + 1n) * NS_PER_MS };
    const lines = await deleteLines(tenant, parseLogQuery(query), range, this.#closing.signal);
    log.info('lines deleted', { request: id, tenant, lines });
    await this.#change((requests) =>
      withoutOldest(
        requests.map((each) => (each.id === id ? { ...each, status: 'processed' } : each)),
        tenant,
      ),
    );
  }
}

/** Forgets the oldest requests of a tenant that were carried out. */
function withoutOldest(requests: readonly DeleteRequest[], tenant: string): readonly DeleteRequest[] {
  const processed = requests.filter((request) => request.tenant === tenant && request.status === 'processed');
  const forgotten = new Set(processed.slice(0, Math.max(0, processed.length - PROCESSED_MAX)));
  return requests.filter((request) => !forgotten.has(request));
}

async function readRequests(file: string): Promise<readonly DeleteRequest[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  const kept: unknown = JSON.parse(text);
  if (!Array.isArray(kept) || !kept.every(isDeleteRequest)) throw new Error(`${file} does not hold delete requests`);
  return kept;
}

function isDeleteRequest(value: unknown): value is DeleteRequest {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const are = (type: string, names: readonly string[]): boolean => names.every((name) => typeof fields.get(name) === type);
  return are('string', ['id', 'tenant', 'query', 'status']) && are('number', ['startMs', 'endMs', 'createdMs']);
}
