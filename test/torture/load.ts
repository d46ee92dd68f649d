// Load: writers that repeat themselves beside readers, for as long as is asked. Each answer must be exact for what was acknowledged when it was asked
// for; afterwards all spans are there once, and were counted once; and the memory of the program is level.

import { usageOf } from '../../bench/process.ts';
import { randomFrom } from '../harness/random.ts';
import { startProgram } from '../harness/program.ts';
import type { Program } from '../harness/program.ts';
import { spanCalls } from './call-book.ts';
import { auditAll } from './kill.ts';
import { type Audit, Lane, sumAudits } from './ledger.ts';
import { SpanBook } from './span-book.ts';

const FORMS = ['json', 'protobuf', 'zipkin'] as const;
const QUESTIONS = ['search', 'trace', 'count', 'values'] as const;
const BATCHES_PER_SECOND = 10;
const BATCH_MS = 1000 / BATCHES_PER_SECOND;
/** Spans do not start at whole seconds, so that it does not matter which end of a range belongs to it. */
const OFF_SECOND_MS = 5;
const TRACES = 4;
const FAULTS_MAX = 10;
const TELL_MS = 30_000;
const LOOK_MS = 1000;
/** Memory is level where the most of the last third is at most so much of the most of the second, after long enough. */
const GROWTH_MAX = 1.25;
const JUDGED_FROM_S = 120;
const SETTINGS = ['host.enabled=false', 'selfScrape.interval=0'];

export interface LoadOptions {
  readonly dataDir: string;
  readonly seconds: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

interface Writer {
  readonly book: SpanBook;
  readonly lane: Lane;
}

type Question = (typeof QUESTIONS)[number];

class Run {
  readonly writers: readonly Writer[];
  readonly faults: string[] = [];
  readonly askedMs = new Map<Question, number[]>(QUESTIONS.map((question) => [question, []]));
  readonly #startMs = Math.floor(Date.now() / 1000) * 1000 + OFF_SECOND_MS;
  readonly #endMs: number;

  constructor(seconds: number) {
    this.#endMs = Date.now() + seconds * 1000;
    this.writers = FORMS.map((form) => {
      const book = new SpanBook(form, this.#startMs);
      return { book, lane: new Lane(book) };
    });
  }

  readonly isOver = (): boolean => Date.now() >= this.#endMs || this.faults.length >= FAULTS_MAX;

  get rows(): number {
    return this.writers.reduce((sum, { lane }) => sum + lane.acknowledgedRows, 0);
  }

  /** Each batch goes when its spans have ended. */
  async write(program: Program, { lane }: Writer): Promise<void> {
    await lane.send(program, this.isOver, (batch) => sleep(this.#startMs + (batch + 1) * BATCH_MS - Date.now()));
  }

  async read(program: Program, seed: number): Promise<void> {
    const random = randomFrom(seed);
    for (let turn = 0; !this.isOver(); turn++) {
      const question = QUESTIONS[turn % QUESTIONS.length] ?? 'search';
      const writer = this.writers[Math.floor(random() * this.writers.length)];
      if (writer === undefined || writer.lane.wholeUpTo < BATCHES_PER_SECOND) await sleep(BATCH_MS);
      else {
        const begun = performance.now();
        this.faults.push(...(await ask(program, writer, question, random)));
        this.askedMs.get(question)?.push(performance.now() - begun);
      }
    }
  }

  /** Megabytes that the program has, each second. */
  async watch(program: Program, print: (line: string) => void): Promise<readonly number[]> {
    const seen: number[] = [];
    for (let told = Date.now(); !this.isOver(); await sleep(LOOK_MS)) {
      seen.push(usageOf(program.pid).rssMiB);
      if (Date.now() - told < TELL_MS) continue;
      told += TELL_MS;
      const most = Math.max(...seen.slice(-TELL_MS / LOOK_MS));
      print(`load: ${Math.round(most)} MiB resident at the most of ${TELL_MS / 1000} s, ${this.rows} spans, ${this.questions} questions`);
    }
    return seen;
  }

  get questions(): number {
    return [...this.askedMs.values()].reduce((sum, { length }) => sum + length, 0);
  }
}

export async function load({ dataDir, seconds, seed, print }: LoadOptions): Promise<Audit> {
  let program = await startProgram({ dataDir, set: SETTINGS });
  try {
    const run = new Run(seconds);
    const [memory] = await Promise.all([
      run.watch(program, print),
      ...run.writers.map((writer) => run.write(program, writer)),
      ...run.writers.map((_, i) => run.read(program, seed + i)),
    ]);
    for (const [question, times] of run.askedMs) print(`load: ${question}: ${timesText(times)}`);
    const faults = [...run.faults, ...growth(memory), ...(await countFaults(program, run))];
    const lanes = run.writers.map(({ lane }) => lane);
    const before = sumAudits(await auditAll(lanes, program.url));
    await program.stop();
    program = await startProgram({ dataDir, set: SETTINGS });
    const after = sumAudits(await auditAll(lanes, program.url));
    faults.push(...before.faults, ...after.faults.map((fault) => `after a restart: ${fault}`), ...(await metricFaults(program, run)));
    await program.stop();
    return { ...after, faults };
  } finally {
    await program.kill();
  }
}

async function ask(program: Program, { book, lane }: Writer, question: Question, random: () => number): Promise<readonly string[]> {
  const whole = lane.wholeUpTo;
  switch (question) {
    case 'search':
      return book.searchNewest(program);
    case 'trace':
      return book.lookUpTrace(program, Math.floor(random() * whole), Math.floor(random() * TRACES));
    case 'count': {
      const seconds = Math.floor(whole / BATCHES_PER_SECOND);
      const from = Math.floor(random() * seconds);
      const to = from + 1 + Math.floor(random() * (seconds - from));
      return book.countBatches(program, from * BATCHES_PER_SECOND, to * BATCHES_PER_SECOND);
    }
    case 'values':
      return book.listServices(program);
  }
}

/** The program's own counter says how many were stored. */
async function countFaults(program: Program, run: Run): Promise<readonly string[]> {
  const page = await (await fetch(`${program.url}/metrics`)).text();
  const stored = Number(/^sightline_traces_spans_total\{[^}]*\} (\S+)/m.exec(page)?.[1]);
  return stored === run.rows ? [] : [`${run.rows} spans are acknowledged, and ${stored} were stored`];
}

/** Every span has a name of its own: those above `limits.spanMetrics.seriesMax` are counted together. */
async function metricFaults(program: Program, run: Run): Promise<readonly string[]> {
  const counted = await spanCalls(program, ['.*']);
  return counted === run.rows ? [] : [`span metrics count ${counted} spans of ${run.rows}`];
}

function growth(memory: readonly number[]): readonly string[] {
  if (memory.length < JUDGED_FROM_S) return [];
  const third = Math.floor(memory.length / 3);
  const [second, last] = [Math.max(...memory.slice(third, 2 * third)), Math.max(...memory.slice(2 * third))];
  return last <= second * GROWTH_MAX ? [] : [`memory grew from ${Math.round(second)} to ${Math.round(last)} MiB`];
}

function timesText(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  return `${times.length} times, ${at(0.5)} ms in the middle, ${at(0.99)} ms at the 99th percentile, ${at(1)} ms at the most`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
