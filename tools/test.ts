// `npm test`: every test, or the files that are named, as many at a time as the machine has cores.
//
//   files ─▶ node --test, one process each ─▶ node's own report
//
// Files are strangers to one another: each has its own process, directories and ports. By itself node leaves one core idle, which is half of a small machine.

import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const everyTest = ['src/**/*.test.ts', 'src/**/*.fuzz.ts', 'ui/**/*.test.ts', 'test/**/*.test.ts'];
/** Only ends what hangs, and names it; no test comes near. */
const HANGS_MS = 600_000;

const named = process.argv.slice(2);
const options = ['--test', `--test-concurrency=${availableParallelism()}`, `--test-timeout=${HANGS_MS}`];
const { status, error } = spawnSync(process.execPath, [...options, ...(named.length > 0 ? named : everyTest)], {
  cwd: root,
  // Hundreds of processes load the same sources: each takes what another has compiled.
  env: { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compile'), ...process.env },
  stdio: 'inherit',
});
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
