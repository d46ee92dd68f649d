// `npm run torture [-- --rounds N --seed N --seconds N --only kill|disk|restart|load]`: is every acknowledged sample, log line and span there, once, after the
// worst that can happen?
//
//   kill.ts (kill -9 at random moments)   full-disk.ts (no space left)   ─▶ ledger.ts (what was acknowledged) ─▶ a summary
//   restart.ts (metrics made of spans over restarts)   load.ts (writers and readers for long)   ─▶ the same
//
// `load` runs for as long as `--seconds` says, and only when it is asked for by its name.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { fullDisk, fullDiskObstacle } from './full-disk.ts';
import { killRounds } from './kill.ts';
import type { Audit } from './ledger.ts';
import { load } from './load.ts';
import { restarts } from './restart.ts';

const KINDS: readonly (string | undefined)[] = ['kill', 'disk', 'restart', 'load', undefined];
const SECONDS_MAX = 3600;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '300' },
      only: { type: 'string' },
    },
  });
  const [rounds, seed, seconds] = [Number(values.rounds), Number(values.seed), Number(values.seconds)];
  const numbers = [rounds, seed, seconds];
  if (!numbers.every(Number.isInteger) || rounds < 1 || seconds < 1 || seconds > SECONDS_MAX || !KINDS.includes(values.only)) {
    console.error('usage: npm run torture [-- --rounds N --seed N --seconds N --only kill|disk|restart|load]');
    return 2;
  }
  const print = (line: string): void => console.log(line);
  const dir = mkdtempSync(join(tmpdir(), 'sightline-torture-'));
  const isWanted = (kind: string): boolean => values.only === undefined || values.only === kind;
  const verdicts: boolean[] = [];
  try {
    if (isWanted('kill')) verdicts.push(await judge('kill -9', () => killRounds({ dataDir: join(dir, 'kill'), rounds, seed, print })));
    if (isWanted('restart'))
      verdicts.push(await judge('restarts', () => restarts({ dataDir: join(dir, 'restart'), print }), { isCounted: true }));
    const obstacle = fullDiskObstacle();
    if (isWanted('disk') && obstacle === undefined) verdicts.push(await judge('full disk', () => fullDisk({ dir, print })));
    if (isWanted('disk') && obstacle !== undefined) console.log(`full disk: skipped, ${obstacle}`);
    if (values.only === 'load') verdicts.push(await judge('load', () => load({ dataDir: join(dir, 'load'), seconds, seed, print })));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return verdicts.length > 0 && verdicts.every(Boolean) ? 0 : 1;
}

/** Prints the summary of one torture. Acknowledging nothing is a failure too. Where rows are counted, a count may be lost by `kill -9`. */
async function judge(name: string, run: () => Promise<Audit>, { isCounted = false } = {}): Promise<boolean> {
  try {
    const { acknowledged, found, foundUnknown, faults } = await run();
    for (const fault of faults) console.log(`  ${fault}`);
    const passed = faults.length === 0 && acknowledged > 0 && (isCounted ? found > 0 : found === acknowledged);
    console.log(
      `${name}: ${passed ? 'passed' : 'FAILED'}: ${acknowledged} rows acknowledged, ${found} ${isCounted ? 'counted' : 'there'} once, ` +
        `${foundUnknown} more of batches without an answer, ${faults.length} faults`,
    );
    return passed;
  } catch (error) {
    console.log(`${name}: FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
