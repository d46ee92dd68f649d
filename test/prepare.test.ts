// The script before every script, on a checkout of its own with stand-ins for npm and the bundler: it does what is stale, once, and nothing twice.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../tools/prepare.mjs', import.meta.url));

/** npm that installs the lock file's packages and counts itself; the runtime it installs is a bundler that writes one page. */
const npm = `#!/bin/sh
echo npm >> calls
sleep 0.3
mkdir -p node_modules/node/bin
printf '%s\\n' '#!/bin/sh' 'echo build >> calls' 'mkdir -p "$5"' 'cat ui/index.html > "$5/index.html"' > node_modules/node/bin/node
chmod +x node_modules/node/bin/node
cp package-lock.json node_modules/.package-lock.json
`;

class Checkout {
  readonly dir = mkdtempSync(join(tmpdir(), 'sightline-prepare-'));

  constructor() {
    for (const folder of ['tools', 'bin']) mkdirSync(join(this.dir, folder));
    cpSync(script, join(this.dir, 'tools/prepare.mjs'));
    this.write('bin/npm', npm);
    chmodSync(join(this.dir, 'bin/npm'), 0o755);
    this.lock('1.0.0');
  }

  write(path: string, text: string): void {
    mkdirSync(join(this.dir, path, '..'), { recursive: true });
    writeFileSync(join(this.dir, path), text);
  }

  lock(version: string): void {
    const packages = { '': {}, 'node_modules/a': { version }, 'node_modules/elsewhere': { version: '1.0.0', optional: true } };
    this.write('package-lock.json', JSON.stringify({ packages }));
  }

  /** Runs the script and gives its exit code. */
  async prepare(): Promise<number | null> {
    const env = { PATH: `${join(this.dir, 'bin')}:${process.env['PATH'] ?? ''}` };
    const child = spawn(process.execPath, ['tools/prepare.mjs'], { cwd: this.dir, env, stdio: 'ignore' });
    await once(child, 'close');
    return child.exitCode;
  }

  /** What was called since the last look. */
  calls(): string {
    const file = join(this.dir, 'calls');
    const calls = existsSync(file) ? readFileSync(file, 'utf8') : '';
    rmSync(file, { force: true });
    return calls.trim().replaceAll('\n', ' ');
  }
}

test('installs and builds what is stale, and nothing else', async (t) => {
  const checkout = new Checkout();
  t.after(() => rmSync(checkout.dir, { recursive: true }));
  const steps: readonly (readonly [what: string, change: () => void, calls: string])[] = [
    ['a fresh clone without pages', () => undefined, 'npm'],
    ['nothing changed', () => undefined, ''],
    ['another version in the lock file', () => checkout.lock('1.0.1'), 'npm'],
    ['pages appear', () => checkout.write('ui/index.html', 'one'), 'build'],
    ['nothing changed in the pages', () => undefined, ''],
    ['a page changes', () => checkout.write('ui/index.html', 'two'), 'build'],
    ['a test of a page changes', () => checkout.write('ui/page.test.ts', ''), ''],
    ['a parser that pages share changes', () => checkout.write('src/query/scanner.ts', ''), 'build'],
    ['the build is gone', () => rmSync(join(checkout.dir, 'dist'), { recursive: true }), 'build'],
    ['the runtime is gone', () => rmSync(join(checkout.dir, 'node_modules/node'), { recursive: true }), 'npm'],
  ];
  for (const [what, change, calls] of steps) {
    change();
    assert.equal(await checkout.prepare(), 0, what);
    assert.equal(checkout.calls(), calls, what);
  }
  assert.equal(readFileSync(join(checkout.dir, 'dist/ui/index.html'), 'utf8'), 'two');
});

test('several at once do the work once', async (t) => {
  const checkout = new Checkout();
  t.after(() => rmSync(checkout.dir, { recursive: true }));
  checkout.write('ui/index.html', 'one');
  assert.deepEqual(await Promise.all([checkout.prepare(), checkout.prepare(), checkout.prepare()]), [0, 0, 0]);
  assert.equal(checkout.calls(), 'npm build');
});

test('a lock that a dead process left is taken over', async (t) => {
  const checkout = new Checkout();
  t.after(() => rmSync(checkout.dir, { recursive: true }));
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(gone, 'close');
  checkout.write('.cache/prepare.lock/pid', String(gone.pid));
  assert.equal(await checkout.prepare(), 0);
  assert.equal(checkout.calls(), 'npm');
});

test('a failed install is told', async (t) => {
  const checkout = new Checkout();
  t.after(() => rmSync(checkout.dir, { recursive: true }));
  checkout.write('bin/npm', '#!/bin/sh\nexit 1\n');
  assert.equal(await checkout.prepare(), 1);
  assert.equal(existsSync(join(checkout.dir, '.cache/prepare.lock')), false);
});
