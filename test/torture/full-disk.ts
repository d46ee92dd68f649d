// A full disk: the data directory lies on a small tmpfs, part of which a ballast file holds. Writing goes on until it is refused, and for a while
// after; then the ballast goes, and writing must be accepted again. While the disk is full the newest samples may be hidden, for they wait in the log:
// the program says so in a warning. After that everything acknowledged must be there.

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { queryInstant } from '../harness/client.ts';
import { startProgram } from '../harness/program.ts';
import type { Program } from '../harness/program.ts';
import { auditAll } from './kill.ts';
import { Lane, LOST, sumAudits } from './ledger.ts';
import type { Audit } from './ledger.ts';
import { LineBook } from './line-book.ts';
import { SampleBook } from './sample-book.ts';
import { SpanBook } from './span-book.ts';

const LANES = 1;
const FORMS = ['json', 'protobuf'] as const;
const SPAN_FORMS = ['json', 'protobuf', 'zipkin'] as const;
/** Bytes of noise in each line. */
const PADDING = 500;
const SHAPE = { seriesPerBatch: 20, samplesPerSeries: 50 };
const DISK_MIB = 96;
const BALLAST_MIB = 72;
const FILL_MAX_MS = 120_000;
/** How long refusals are provoked once they began. */
const FULL_MS = 5_000;
const RECOVER_MAX_MS = 60_000;
const SETTINGS = ['host.enabled=false', 'selfScrape.interval=0'];

export interface FullDiskOptions {
  readonly dir: string;
  readonly print: (line: string) => void;
}

/** Why it cannot run here, or undefined. */
export function fullDiskObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'a tmpfs of a set size is a thing of Linux';
  return process.getuid?.() === 0 ? undefined : 'mounting a small tmpfs takes root';
}

export async function fullDisk({ dir, print }: FullDiskOptions): Promise<Audit> {
  const disk = join(dir, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'sightline-torture', disk]);
  try {
    return await onDisk(disk, print);
  } finally {
    execFileSync('umount', [disk]);
  }
}

async function onDisk(disk: string, print: (line: string) => void): Promise<Audit> {
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(BALLAST_MIB * 1024 * 1024));
  const options = { dataDir: join(disk, 'data'), set: SETTINGS };
  const started = Date.now() - 3_600_000 * 24;
  const lanes = [
    ...Array.from({ length: LANES }, (_, i) => new Lane(new SampleBook(`disk-${i}`, SHAPE, started))),
    ...FORMS.map((form) => new Lane(new LineBook(form, started, PADDING))),
    ...SPAN_FORMS.map((form) => new Lane(new SpanBook(form, started, { padding: PADDING }))),
    new Lane(new SpanBook('protobuf', started, { padding: PADDING, isLate: true })),
  ];
  let program = await startProgram(options);
  try {
    const refused = await fill(lanes, program);
    print(`full disk: ${rowsOf(lanes)} rows acknowledged, then refused with ${refused}`);
    const whileFull = await audited(lanes, program);
    refuseFaults(
      'while full',
      whileFull.faults.filter((fault) => !fault.includes(LOST)),
    );
    print(`full disk: ${whileFull.found} of ${whileFull.acknowledged} visible while full`);

    rmSync(ballast);
    const before = rowsOf(lanes);
    const tookMs = await recover(lanes, program);
    print(`full disk: space returned, accepted again after ${tookMs} ms, ${rowsOf(lanes) - before} rows more`);
    await wholeWithin(lanes, program, 'after recovery');

    await program.stop();
    program = await startProgram(options);
    const last = await wholeWithin(lanes, program, 'after a restart');
    await program.stop();
    return last;
  } finally {
    await program.kill();
  }
}

/** Writes until refusals come and `FULL_MS` longer. Gives the statuses of the refusals. */
async function fill(lanes: readonly Lane[], program: Program): Promise<string> {
  const deadline = Date.now() + FILL_MAX_MS;
  let firstRefusal: number | undefined;
  const stop = (): boolean => {
    if (firstRefusal === undefined && lanes.some((lane) => lane.refusals > 0)) firstRefusal = Date.now();
    return Date.now() > (firstRefusal === undefined ? deadline : firstRefusal + FULL_MS);
  };
  await Promise.all(lanes.map((lane) => lane.send(program, stop)));
  const statuses = lanes.flatMap((lane) => [...lane.refusalStatuses.keys()]);
  if (statuses.length === 0) throw new Error(`the disk of ${DISK_MIB} MiB was not full after ${FILL_MAX_MS / 1000} s\n${program.log()}`);
  await queryInstant(program, 'up'); // it answers questions while it cannot write
  return [...new Set(statuses)].join(', ');
}

/** Milliseconds until every lane has a batch acknowledged again. */
async function recover(lanes: readonly Lane[], program: Program): Promise<number> {
  const started = Date.now();
  const before = lanes.map((lane) => lane.acknowledgedRows);
  const stop = (): boolean => Date.now() - started > RECOVER_MAX_MS || lanes.every((lane, i) => lane.acknowledgedRows > (before[i] ?? 0));
  await Promise.all(lanes.map((lane) => lane.send(program, stop)));
  if (!lanes.every((lane, i) => lane.acknowledgedRows > (before[i] ?? 0)))
    throw new Error(`no write was accepted after space returned\n${program.log()}`);
  return Date.now() - started;
}

/** Audits until nothing is missing; what waits for its turn to become a part of a table has a while. */
async function wholeWithin(lanes: readonly Lane[], program: Program, when: string): Promise<Audit> {
  const deadline = Date.now() + RECOVER_MAX_MS;
  for (;;) {
    const audit = await audited(lanes, program);
    if (audit.faults.length === 0) return audit;
    if (Date.now() > deadline || audit.faults.some((fault) => !fault.includes(LOST))) refuseFaults(when, audit.faults);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function audited(lanes: readonly Lane[], program: Program): Promise<Audit> {
  return sumAudits(await auditAll(lanes, program.url));
}

function refuseFaults(when: string, faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(`${when}:\n${faults.join('\n')}`);
}

function rowsOf(lanes: readonly Lane[]): number {
  return lanes.reduce((sum, lane) => sum + lane.acknowledgedRows, 0);
}
