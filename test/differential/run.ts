// A run of the differential test: both programs with the same data, many queries, and what came of them.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { peers } from '../../bench/servers.ts';
import { parseExpr } from '../../src/metrics/promql/parse.ts';
import { post } from '../harness/client.ts';
import type { ApiAnswer, ApiTarget } from '../harness/client.ts';
import { startProgram } from '../harness/program.ts';
import { encodeRemoteWrite1 } from '../harness/remote-write.ts';
import type { SentSeries } from '../harness/remote-write.ts';
import { ask, printQuery } from './ask.ts';
import { differenceOf, hasResult, stepDifference } from './compare.ts';
import { dataOf, requestsOf } from './data.ts';
import { generateQuery, someStep } from './generate.ts';
import type { AskedQuery } from './generate.ts';
import { allowanceOf, exclusionOf, forPeer } from './known-differences.ts';
import { shrink } from './shrink.ts';

const SETTINGS = ['host.enabled=false', 'selfScrape.interval=0'];
const AT_A_TIME = 4;
/** More than the queries of a run, so that two seeds share none. */
const SEEDS_APART = 1_000_003;
const DIFFERENCES_SHOWN_MAX = 40;
const ANSWER_SHOWN_MAX = 400;

export interface RunOptions {
  readonly queries: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

export interface Summary {
  /** Queries that both programs were asked. */
  readonly compared: number;
  readonly differing: number;
  /** Range queries that were asked at one of their steps too. */
  readonly steps: number;
  /** Range queries one of whose steps is not what an instant query answers. */
  readonly unequalSteps: number;
}

interface Both {
  readonly ours: ApiTarget;
  /** Absent where the machine has no Prometheus. */
  readonly theirs: ApiTarget | undefined;
}

/** Whether this machine has a Prometheus to compare with. */
export function peerInstalled(): boolean {
  return prometheus().installed;
}

/** Starts the programs, asks, prints a summary and every difference, and stops them. */
export async function differential(options: RunOptions): Promise<Summary> {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-differential-'));
  const stops: (() => Promise<void>)[] = [];
  try {
    const program = await startProgram({ dataDir: join(dir, 'sightline'), set: SETTINGS });
    stops.push(program.stop);
    let theirs: ApiTarget | undefined;
    if (peerInstalled()) {
      mkdirSync(join(dir, 'prometheus'));
      const peer = await prometheus().start(join(dir, 'prometheus'));
      stops.push(peer.stop);
      theirs = { url: peer.url, api: '/api/v1' };
    } else options.print('no `prometheus` on this machine: only instant and range queries are compared with one another');
    const both: Both = { ours: { url: program.url }, theirs };
    return await writeAndAsk(both, options);
  } finally {
    for (const stop of stops) await stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function prometheus(): (typeof peers)[number] {
  const found = peers.find(({ name }) => name === 'prometheus');
  if (found === undefined) throw new Error('Prometheus is not among the peers');
  return found;
}

async function write({ ours, theirs }: Both, series: readonly SentSeries[]): Promise<void> {
  const sent = encodeRemoteWrite1(series);
  const sinks = [[ours, '/api/v1/push'] as const, ...(theirs === undefined ? [] : [[theirs, '/api/v1/write'] as const])];
  for (const [target, path] of sinks) {
    const { status, text } = await post(target, path, sent);
    if (status >= 300) throw new Error(`a write was answered with ${status}: ${text}`);
  }
}

/** What came of the queries so far. */
class Tally {
  compared = 0;
  failed = 0;
  empty = 0;
  differing = 0;
  steps = 0;
  unequalSteps = 0;
  readonly excluded = new Map<string, number>();

  exclude(reason: string): void {
    this.excluded.set(reason, (this.excluded.get(reason) ?? 0) + 1);
  }
}

/** Half of the samples are there before the first query, and half of the queries are asked while the others arrive. */
async function writeAndAsk(both: Both, options: RunOptions): Promise<Summary> {
  const tally = new Tally();
  const requests = [...requestsOf(dataOf(options.seed))];
  const early = Math.floor(requests.length / 2);
  for (const series of requests.slice(0, early)) await write(both, series);
  const late = requests.slice(early);
  const each = Math.floor(options.queries / 2 / late.length);
  for (const [i, series] of late.entries()) {
    await askSome(both, { from: i * each, to: (i + 1) * each, tally, options });
    await write(both, series);
  }
  await askSome(both, { from: late.length * each, to: options.queries, tally, options });
  printSummary(tally, options.print);
  return tally;
}

interface Some {
  readonly from: number;
  readonly to: number;
  readonly tally: Tally;
  readonly options: RunOptions;
}

/** Asks the queries of a part of the run, a few at a time. */
async function askSome(both: Both, { from, to, tally, options: { seed, print } }: Some): Promise<void> {
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < to) {
      const query = generateQuery(seed * SEEDS_APART + next++);
      await compareStep(both.ours, query, { tally, print });
      if (both.theirs !== undefined) await comparePeer({ ours: both.ours, theirs: both.theirs }, query, { tally, print });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
}

function printSummary({ compared, differing, failed, empty, steps, unequalSteps, excluded }: Tally, print: (line: string) => void): void {
  const left = [...excluded.values()].reduce((sum, count) => sum + count, 0);
  print(
    `${compared} compared: ${compared - differing} agree (${failed} on an error, ${empty} on an empty result), ${differing} differ; ${left} excluded`,
  );
  for (const [reason, count] of [...excluded].sort((a, b) => b[1] - a[1])) print(`  ${count} excluded: ${reason}`);
  print(`${steps} range queries asked at one of their steps: ${unequalSteps} differ`);
}

interface Report {
  readonly tally: Tally;
  readonly print: (line: string) => void;
}

interface Pair {
  readonly ours: ApiTarget;
  readonly theirs: ApiTarget;
}

type Verdict = 'agree' | 'allowed' | 'differ';

async function comparePeer(both: Pair, query: AskedQuery, { tally, print }: Report): Promise<void> {
  const expr = parseExpr(query.text);
  const exclusion = exclusionOf(expr);
  if (exclusion !== undefined) return tally.exclude(exclusion);
  const judge = async (asked: AskedQuery): Promise<{ verdict: Verdict; words: string; ours: ApiAnswer }> => {
    const [ours, theirs] = await Promise.all([ask(both.ours, asked), ask(both.theirs, asked, forPeer(asked.text, parseExpr(asked.text)))]);
    const ordered = asked.kind === 'instant' && /^sort(_desc)?\(/.test(asked.text);
    const difference = differenceOf(ours, theirs, { ordered });
    if (difference === undefined) return { verdict: 'agree', words: '', ours };
    const allowed = allowanceOf({ root: parseExpr(asked.text), ours, theirs });
    if (allowed !== undefined) return { verdict: 'allowed', words: allowed, ours };
    return { verdict: 'differ', words: `${difference}\n    ours   ${shown(ours)}\n    theirs ${shown(theirs)}`, ours };
  };
  const { verdict, ours, words } = await judge(query);
  if (verdict === 'allowed') return tally.exclude(words);
  tally.compared++;
  if (verdict === 'agree') {
    if (ours.status !== 'success') tally.failed++;
    else if (!hasResult(ours)) tally.empty++;
    return;
  }
  tally.differing++;
  if (tally.differing > DIFFERENCES_SHOWN_MAX) return;
  const smallest = await shrink(query, async (asked) => isAsked(asked) && (await judge(asked)).verdict === 'differ');
  print(`differs: ${printQuery(query)}\n  smallest: ${printQuery(smallest)}\n  ${(await judge(smallest)).words}`);
}

/** Whether a shrunken query is one at all, and one that the versions should agree on. */
function isAsked({ text }: AskedQuery): boolean {
  try {
    return exclusionOf(parseExpr(text)) === undefined;
  } catch {
    return false;
  }
}

/** An instant query must be the step of a range query around it; `start()` and `end()` are other times in it, though. */
async function compareStep(ours: ApiTarget, query: AskedQuery, { tally, print }: Report): Promise<void> {
  if (query.kind !== 'range' || /@ (start|end)\(\)/.test(query.text)) return;
  const time = someStep(query, query.text.length);
  const instant: AskedQuery = { kind: 'instant', text: query.text, time };
  const [range, alone] = await Promise.all([ask(ours, query), ask(ours, instant)]);
  tally.steps++;
  // One step may fail where another does not, so an error says nothing about a step.
  if (range.status !== 'success') return;
  const difference = stepDifference(range, time, alone);
  if (difference === undefined) return;
  tally.unequalSteps++;
  print(`step differs: ${printQuery(query)} at ${time}\n  ${difference}`);
}

function shown(answer: unknown): string {
  return JSON.stringify(answer).slice(0, ANSWER_SHOWN_MAX);
}
