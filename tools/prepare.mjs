// Makes a checkout ready to run: installs what the lock file says and builds the UI, each only when it is missing or stale.
//
//   npm start, npm test, npm run check ─▶ prepare ─▶ node_modules/ as package-lock.json says ─▶ dist/ui as ui/ says
//
// `prepare.mjs browser` also sees to a Chromium for the page tests, where it may: as root on Debian. That takes the network, and goes on beside the rest.
//
// Runs before anything is installed, so it is plain JavaScript for the machine's own Node (20 or later) and imports nothing but Node.
// Several may run at once: a lock directory lets one work while the others wait.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const outputBytesMax = 1 << 26;
const root = fileURLToPath(new URL('..', import.meta.url));
const lockDir = join(root, '.cache', 'prepare.lock');
const waitMs = 200;
const waitMaxMs = 10 * 60_000;

/** Folders whose text ends up in the browser: the UI and what it shares with the server. */
const uiSources = ['ui', 'src/base', 'src/query', 'src/metrics/promql', 'src/logs/logql', 'src/traces/traceql', 'src/links'];

const browserNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const steps = [
  { name: 'installing dependencies', stale: dependenciesStale, run: installDependencies },
  { name: 'building the UI', stale: uiStale, run: buildUi },
];
const browser = { name: 'installing chromium', stale: browserMissing, run: installBrowser, optional: true };
const besides = process.argv[2] === 'browser' ? [browser] : [];

await prepare();

async function prepare() {
  if (![...steps, ...besides].some((step) => step.stale())) return;
  lock();
  try {
    const done = await Promise.all([runStale(steps), runStale(besides)]);
    if (!done.every(Boolean)) process.exitCode = 1;
  } finally {
    rmSync(lockDir, { recursive: true, force: true });
  }
}

/** Runs what is stale, in order, until one fails. Another process may have done the work while this one waited. */
async function runStale(steps) {
  for (const step of steps) if (step.stale() && !(await runStep(step))) return false;
  return true;
}

/** Whether the rest can go on. */
async function runStep(step) {
  const started = Date.now();
  process.stderr.write(`prepare: ${step.name} …\n`);
  try {
    await step.run();
  } catch (error) {
    process.stderr.write(`${error.stdout ?? ''}${error.stderr ?? ''}\nprepare: ${step.name} failed: ${error.message}\n`);
    return step.optional === true;
  }
  process.stderr.write(`prepare: ${step.name} took ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  return true;
}

/** Rejects, with what it printed, when a command fails. None has anything to read. */
async function runCommand(program, args, options) {
  const running = execute(program, args, { ...options, maxBuffer: outputBytesMax });
  running.child.stdin?.end();
  await running;
}

// ── dependencies ──

/** True unless node_modules holds exactly the versions of package-lock.json. npm writes its own copy of the lock file there when an install has ended. */
function dependenciesStale() {
  if (!existsSync(join(root, 'node_modules/node/bin/node'))) return true;
  const installed = readPackages('node_modules/.package-lock.json');
  const wanted = readPackages('package-lock.json');
  if (installed === undefined || wanted === undefined) return true;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const present = installed[path];
    // Packages for other platforms are in the lock file and not on the disk.
    if (present === undefined ? !entry.optional && !entry.peer : present.version !== entry.version) return true;
  }
  return Object.keys(installed).some((path) => wanted[path] === undefined);
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined; // absent or cut short: an install never ended here
  }
}

/** `npm ci` would refuse a lock file that does not name the optional packages of every platform; this installs the locked versions too, and writes no lock file. */
async function installDependencies() {
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  await runCommand('npm', args, { cwd: root });
}

// ── UI ──

function uiStale() {
  if (!existsSync(join(root, 'ui/index.html'))) return false;
  try {
    return readFileSync(join(root, 'dist/ui/.fingerprint'), 'utf8') !== uiFingerprint();
  } catch {
    return true;
  }
}

/** One hash over the names and contents of everything the built UI depends on. */
function uiFingerprint() {
  const hash = createHash('sha256');
  for (const folder of uiSources) for (const file of filesUnder(folder)) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
}

function filesUnder(folder) {
  if (!existsSync(join(root, folder))) return [];
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesUnder(path);
    return /\.(test|fuzz)\.tsx?$/.test(entry.name) ? [] : [path];
  });
}

/** Builds beside the served folder and swaps it in, so that a running server never serves half a build. */
async function buildUi() {
  const fingerprint = uiFingerprint();
  const next = join(root, 'dist/ui.next');
  const args = ['node_modules/vite/bin/vite.js', 'build', 'ui', '--outDir', next, '--emptyOutDir', '--logLevel', 'error'];
  await runCommand(join(root, 'node_modules/node/bin/node'), args, { cwd: root });
  writeFileSync(join(next, '.fingerprint'), fingerprint);
  const served = join(root, 'dist/ui');
  const old = join(root, 'dist/ui.old');
  rmSync(old, { recursive: true, force: true });
  if (existsSync(served)) renameSync(served, old);
  renameSync(next, served);
  rmSync(old, { recursive: true, force: true });
}

// ── browser ──

function browserMissing() {
  if (process.getuid?.() !== 0 || !onPath('apt-get')) return false; // not ours to install: the page tests say that they skip
  return !browserNames.some(onPath);
}

function onPath(name) {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, name)));
}

async function installBrowser() {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  await runCommand('apt-get', ['update', '-qq'], options);
  await runCommand('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options);
}

// ── one at a time ──

/** Takes the lock directory, waiting while a living process holds it; a lock whose process is gone is taken over. */
function lock() {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const deadline = Date.now() + waitMaxMs;
  for (;;) {
    try {
      mkdirSync(lockDir);
      writeFileSync(join(lockDir, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (lockAbandoned()) rmSync(lockDir, { recursive: true, force: true });
    else if (Date.now() > deadline) throw new Error(`${lockDir} is held for ten minutes: remove it if nothing runs`);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
  }
}

function lockAbandoned() {
  try {
    const pid = Number(readFileSync(join(lockDir, 'pid'), 'utf8'));
    if (pid > 0) return !processLives(pid);
  } catch {
    // no pid yet: its owner is between the two calls, or died there
  }
  try {
    return Date.now() - statSync(lockDir).mtimeMs > 5_000;
  } catch {
    return false; // released meanwhile
  }
}

function processLives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
