// `kill -9` at random moments while batches are being written, then a restart and an audit of everything acknowledged so far.

import { startProgram } from '../harness/program.ts';
import { randomFrom } from '../harness/random.ts';
import { Lane, sumAudits } from './ledger.ts';
import type { Audit } from './ledger.ts';
import { LineBook } from './line-book.ts';
import { SampleBook } from './sample-book.ts';
import { SpanBook } from './span-book.ts';

const LANES = 2;
const FORMS = ['json', 'protobuf', 'otlp'] as const;
const SPAN_FORMS = ['json', 'protobuf', 'zipkin'] as const;
const SHAPE = { seriesPerBatch: 25, samplesPerSeries: 4 };
const WRITE_MIN_MS = 100;
const WRITE_MAX_MS = 1500;
const SETTINGS = ['host.enabled=false', 'selfScrape.interval=0'];

export interface KillOptions {
  readonly dataDir: string;
  readonly rounds: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

/** Runs the rounds; gives the last audit, which covers all of them. */
export async function killRounds({ dataDir, rounds, seed, print }: KillOptions): Promise<Audit> {
  const random = randomFrom(seed);
  const started = Date.now() - 3_600_000;
  const lanes = [
    ...Array.from({ length: LANES }, (_, i) => new Lane(new SampleBook(`kill-${i}`, SHAPE, started))),
    ...FORMS.map((form) => new Lane(new LineBook(form, started))),
    ...SPAN_FORMS.map((form) => new Lane(new SpanBook(form, started))),
    new Lane(new SpanBook('protobuf', started, { isLate: true })),
  ];
  const faults: string[] = [];
  let program = await startProgram({ dataDir, set: SETTINGS });
  try {
    for (let round = 1; round <= rounds; round++) {
      const writeMs = Math.round(WRITE_MIN_MS + random() * (WRITE_MAX_MS - WRITE_MIN_MS));
      const target = { url: program.url };
      const before = lanes.reduce((sum, lane) => sum + lane.acknowledgedRows, 0);
      let killed = false;
      const sending = Promise.all(lanes.map((lane) => lane.send(target, () => killed)));
      // A lane that meets an answer that should not be ends the run, not only itself.
      await Promise.race([new Promise((resolve) => setTimeout(resolve, writeMs)), sending]);
      killed = true;
      await program.kill();
      await sending;
      const after = lanes.reduce((sum, lane) => sum + lane.acknowledgedRows, 0);
      program = await startProgram({ dataDir, set: SETTINGS });
      const audit = sumAudits(await auditAll(lanes, program.url));
      faults.push(...audit.faults.map((fault) => `round ${round}: ${fault}`));
      print(
        `round ${round}: killed after ${writeMs} ms, ${after - before} rows acknowledged, ready again in ${Math.round(program.readyMs)} ms, ` +
          `${audit.found} of ${audit.acknowledged} there, ${audit.faults.length} faults`,
      );
      if (faults.length > 0) break;
    }
    const last = sumAudits(await auditAll(lanes, program.url));
    await program.stop();
    return { ...last, faults: faults.length > 0 ? faults : last.faults };
  } finally {
    await program.kill();
  }
}

export async function auditAll(lanes: readonly Lane[], url: string): Promise<Audit[]> {
  const audits: Audit[] = [];
  for (const lane of lanes) audits.push(await lane.audit({ url }));
  return audits;
}
