// The ledger of acknowledged writes: what was sent, what was acknowledged, and whether all of that is there, once.
//
//   Lane: batch 0, 1, 2 … ─▶ push ─▶ 2xx: acknowledged │ refused: sent again │ no answer: unknown, sent again after the restart
//   audit: read everything back; each acknowledged row once, nothing that was never sent
//
// What a row is follows from its place, so the ledger holds batch numbers only. Samples and lines are rows of different books.

import { post } from '../harness/client.ts';
import type { Target } from '../harness/client.ts';

const REFUSALS = new Set([429, 503, 507]);
const FAULTS_MAX = 20;
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

/** One sender with a connection of its own and rows of its own. */
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

  /** Sends batch after batch until `stop` says so or the connection breaks. Batches without an answer go first. */
  async send(target: Target, stop: () => boolean): Promise<void> {
    for (const batch of this.#unknown) if (!(await this.#sendBatch(target, batch, stop))) return;
    while (!stop()) if (!(await this.#sendBatch(target, this.#next++, stop))) return;
  }

  /** False when nothing more can be sent now. Throws on an answer that is neither an acknowledgement nor a refusal. */
  async #sendBatch(target: Target, batch: number, stop: () => boolean): Promise<boolean> {
    this.#unknown.add(batch);
    const sent = this.#book.request(batch);
    for (;;) {
      const answer = await post(target, sent.path, sent).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'TimeoutError')
          throw new Error(`lane ${this.#book.name}, batch ${batch}: no answer`, { cause: error });
        return undefined; // the connection broke: the program was killed
      });
      if (answer === undefined) return false;
      if (answer.status >= 200 && answer.status < 300) {
        this.#unknown.delete(batch);
        this.#acknowledged.add(batch);
        return true;
      }
      if (!REFUSALS.has(answer.status))
        throw new Error(`lane ${this.#book.name}, batch ${batch}: ${answer.status} ${answer.text.slice(0, 300)}`);
      this.refusals++;
      this.refusalStatuses.set(answer.status, (this.refusalStatuses.get(answer.status) ?? 0) + 1);
      if (stop()) return false;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
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
