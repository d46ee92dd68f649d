// The ledger of acknowledged writes: what was sent, what was acknowledged, and whether all of that is there, once.
//
//   Lane: batch 0, 1, 2 … ─▶ push ─▶ 2xx: acknowledged │ refused: sent again │ no answer: unknown, sent again after the restart
//   audit: read everything back; each acknowledged row once, nothing that was never sent
//
// Senders repeat themselves, so lanes do: some batches go over two connections at once, and some that were acknowledged, the last before a kill
// among them, go again.
//
// What a row is follows from its place, so the ledger holds batch numbers only. Samples and lines are rows of different books.

import { post } from '../harness/client.ts';
import type { Posted, Target } from '../harness/client.ts';

const REFUSALS = new Set([429, 503, 507]);
const FAULTS_MAX = 20;
/** One batch in so many is sent over two connections at once. */
const TWICE_EVERY = 5;
/** After one batch in so many, one that was acknowledged is sent again. */
const AGAIN_EVERY = 7;
/** Batches that were acknowledged last before a pause, which are sent again when it ends. */
const LAST_AGAIN = 3;
/** What a fault says of a row that is not there. */
export const LOST = 'is lost';

export interface Audit {
  readonly acknowledged: number;
  readonly found: number;
  /** Rows of batches whose answer never came; either is right. */
  readonly foundUnknown: number;
  /** What is wrong, in words; empty when all is well. */
  readonly faults: readonly string[];
}

/** What lanes of one signal send, and how it is read back. */
export interface Book {
  readonly name: string;
  readonly rowsPerBatch: number;
  readonly request: (batch: number) => {
    readonly path: string;
    readonly body: Uint8Array | string;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Reads all batches up to `next` back. */
  readonly audit: (target: Target, batches: Batches) => Promise<Omit<Audit, 'acknowledged'>>;
}

export interface Batches {
  readonly acknowledged: ReadonlySet<number>;
  readonly unknown: ReadonlySet<number>;
  /** The first that was never sent. */
  readonly next: number;
}

/** One sender with rows of its own. */
export class Lane {
  readonly #book: Book;
  readonly #acknowledged = new Set<number>();
  readonly #unknown = new Set<number>();
  #next = 0;
  refusals = 0;
  readonly refusalStatuses = new Map<number, number>();

  constructor(book: Book) {
    this.#book = book;
  }

  get acknowledgedRows(): number {
    return this.#acknowledged.size * this.#book.rowsPerBatch;
  }

  get unknownRows(): number {
    return this.#unknown.size * this.#book.rowsPerBatch;
  }

  /** All batches before this one are acknowledged. */
  get wholeUpTo(): number {
    return Math.min(this.#next, ...this.#unknown);
  }

  /**
   * Sends batch after batch until `stop` says so or the connection breaks; first those without an answer, and the last that had one. `due`, where it
   * is given, resolves when the turn of a new batch has come.
   */
  async send(target: Target, stop: () => boolean, due?: (batch: number) => Promise<void>): Promise<void> {
    const first = [...this.#unknown, ...[...this.#acknowledged].slice(-LAST_AGAIN)];
    for (const batch of first) if (!(await this.#sendBatch(target, batch, stop))) return;
    while (!stop()) {
      const batch = this.#next;
      await due?.(batch);
      if (stop()) return;
      this.#next++;
      if (!(await this.#sendNew(target, batch, stop))) return;
    }
  }

  async #sendNew(target: Target, batch: number, stop: () => boolean): Promise<boolean> {
    const copies = batch % TWICE_EVERY === 0 ? 2 : 1;
    const sent = await Promise.all(Array.from({ length: copies }, () => this.#sendBatch(target, batch, stop)));
    if (sent.includes(false)) return false;
    return batch % AGAIN_EVERY === 0 ? this.#sendBatch(target, hash(`${this.#book.name} ${batch}`) % this.wholeUpTo, stop) : true;
  }

  /** False when nothing more can be sent now. Throws on an answer that is neither an acknowledgement nor a refusal. */
  async #sendBatch(target: Target, batch: number, stop: () => boolean): Promise<boolean> {
    if (!this.#acknowledged.has(batch)) this.#unknown.add(batch);
    const sent = this.#book.request(batch);
    for (;;) {
      const answer = await post(target, sent.path, sent).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'TimeoutError') throw new Error(`${this.#named(batch)}: no answer`, { cause: error });
        return undefined; // the connection broke: the program was killed
      });
      if (answer === undefined) return false;
      if (answer.status >= 200 && answer.status < 300) {
        this.#unknown.delete(batch);
        this.#acknowledged.add(batch);
        return true;
      }
      this.#refused(batch, answer);
      if (stop()) return false;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Notes a refusal. Throws where it is none, or does not say when to come back. */
  #refused(batch: number, { status, text, headers }: Posted): void {
    if (!REFUSALS.has(status)) throw new Error(`${this.#named(batch)}: ${status} ${text.slice(0, 300)}`);
    if (!(Number(headers.get('retry-after')) > 0)) throw new Error(`${this.#named(batch)}: ${status} without Retry-After`);
    this.refusals++;
    this.refusalStatuses.set(status, (this.refusalStatuses.get(status) ?? 0) + 1);
  }

  #named(batch: number): string {
    return `lane ${this.#book.name}, batch ${batch}`;
  }

  /** Reads everything back. */
  async audit(target: Target): Promise<Audit> {
    const batches = { acknowledged: this.#acknowledged, unknown: this.#unknown, next: this.#next };
    const { faults, ...counts } = await this.#book.audit(target, batches);
    return { acknowledged: this.acknowledgedRows, ...counts, faults: faults.slice(0, FAULTS_MAX) };
  }
}

/** FNV-1a of a short text. */
export function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}

export function sumAudits(audits: readonly Audit[]): Audit {
  return {
    acknowledged: audits.reduce((sum, each) => sum + each.acknowledged, 0),
    found: audits.reduce((sum, each) => sum + each.found, 0),
    foundUnknown: audits.reduce((sum, each) => sum + each.foundUnknown, 0),
    faults: audits.flatMap((each) => each.faults),
  };
}
