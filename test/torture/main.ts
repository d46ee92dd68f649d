// `npm run torture [-- --rounds N --seed N --only kill|disk]`: is every acknowledged sample, log line and span there, once, after the worst that can happen?
//
//   kill.ts (kill -9 at random moments)   full-disk.ts (no space left)   ─▶ ledger.ts (what was acknowledged) ─▶ a summary

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { fullDisk, fullDiskObstacle } from './full-disk.ts';
import { killRounds } from './kill.ts';
import type { Audit } from './ledger.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' }, only: { type: 'string' } },
  });
  const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
  if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed) || !['kill', 'disk', undefined].includes(values.only)) {
    console.error('usage: npm run torture [-- --rounds N --seed N --only kill|disk]');
    return 2;
  }
  const print = (line: string): void => console.log(line);
  const dir = mkdtempSync(join(tmpdir(), 'sightline-torture-'));
  const verdicts: boolean[] = [];
  try {
    if (values.only !== 'disk')
      verdicts.push(await judge('kill -9', () => killRounds({ dataDir: join(dir, 'kill'), rounds, seed, print })));
    if (values.only !== 'kill') {
      const obstacle = fullDiskObstacle();
      if (obstacle === undefined) verdicts.push(await judge('full disk', () => fullDisk({ dir, print })));
      else console.log(`full disk: skipped, ${obstacle}`);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return verdicts.length > 0 && verdicts.every(Boolean) ? 0 : 1;
}

/** Prints the summary of one torture. Acknowledging nothing is a failure too. */
async function judge(name: string, run: () => Promise<Audit>): Promise<boolean> {
  try {
    const { acknowledged, found, foundUnknown, faults } = await run();
    for (const fault of faults) console.log(`  ${fault}`);
    const passed = faults.length === 0 && acknowledged > 0 && found === acknowledged;
    console.log(
      `${name}: ${passed ? 'passed' : 'FAILED'}: ${acknowledged} rows acknowledged, ${found} there once, ` +
        `${foundUnknown} more of batches without an answer, ${faults.length} faults`,
    );
    return passed;
  } catch (error) {
    console.log(`${name}: FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
