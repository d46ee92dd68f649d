// Metrics made of spans over restarts: spans are sent, and sent again, while the program is stopped and killed in turn. A counter may begin again, a
// span is never counted twice, and a program that is asked to stop loses no count.

import { startProgram } from '../harness/program.ts';
import type { Program } from '../harness/program.ts';
import { CallBook, type Counted } from './call-book.ts';
import { Lane, sumAudits } from './ledger.ts';
import type { Audit } from './ledger.ts';

const LANES = 2;
const ROUNDS = 6;
const WRITE_MS = 1500;
const SETTINGS = ['host.enabled=false', 'selfScrape.interval=0'];

export interface RestartOptions {
  readonly dataDir: string;
  readonly print: (line: string) => void;
}

interface CallLane {
  readonly book: CallBook;
  readonly lane: Lane;
  counted: Counted;
}

export async function restarts({ dataDir, print }: RestartOptions): Promise<Audit> {
  const started = Date.now();
  const lanes = Array.from({ length: LANES }, (_, i): CallLane => {
    const book = new CallBook(`calls-${i}`, started);
    return { book, lane: new Lane(book), counted: { spans: 0, requests: 0 } };
  });
  const faults: string[] = [];
  let program = await startProgram({ dataDir, set: SETTINGS });
  try {
    for (let round = 1; round <= ROUNDS && faults.length === 0; round++) {
      const isKilled = round % 2 === 0;
      const before = lanes.map(({ lane: { acknowledgedRows, unknownRows } }) => acknowledgedRows + unknownRows);
      await sendUntilEnd(lanes, program, isKilled);
      program = await startProgram({ dataDir, set: SETTINGS });
      const found = await Promise.all(lanes.map((each, i) => auditRound(each, program.url, isKilled ? undefined : before[i])));
      faults.push(...found.flat().map((fault) => `round ${round}: ${fault}`));
      const sum = (of: (each: CallLane) => number): number => lanes.reduce((total, each) => total + of(each), 0);
      print(
        `round ${round}: ${isKilled ? 'killed' : 'stopped'}, ${sum(({ lane }) => lane.acknowledgedRows)} spans acknowledged so far, ` +
          `${sum(({ counted }) => counted.spans)} counted, ${sum(({ counted }) => counted.requests)} requests, ${faults.length} faults`,
      );
    }
    const last = sumAudits(await Promise.all(lanes.map(({ lane }) => lane.audit(program))));
    await program.stop();
    return { ...last, faults: [...faults, ...last.faults] };
  } finally {
    await program.kill();
  }
}

async function sendUntilEnd(lanes: readonly CallLane[], program: Program, isKilled: boolean): Promise<void> {
  let ended = false;
  const sending = Promise.all(lanes.map(({ lane }) => lane.send(program, () => ended)));
  await Promise.race([new Promise((resolve) => setTimeout(resolve, WRITE_MS)), sending]);
  // A program that stops answers what it has taken, and refuses or takes no more.
  const ending = isKilled ? program.kill() : program.stop();
  ended = true;
  await Promise.all([ending, sending]);
}

/** What is wrong after a round. `sentBefore`, in spans, where the program was asked to stop: all that came since is counted. */
async function auditRound(each: CallLane, url: string, sentBefore: number | undefined): Promise<readonly string[]> {
  const { book, lane, counted: before } = each;
  each.counted = await book.counted({ url });
  const { faults } = await lane.audit({ url });
  if (sentBefore === undefined) return faults;
  const counted = each.counted.spans - before.spans;
  // What had no answer before the round may have been stored, and then is not new in it.
  const wanted = lane.acknowledgedRows - sentBefore;
  return counted < wanted ? [...faults, `${book.name}: of ${wanted} new spans ${counted} are counted`] : faults;
}
