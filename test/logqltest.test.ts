// Our own LogQL scripts, `logqltest/scripts/*.logqltest`, through push and the HTTP API: one program for all, one test per script.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import { startProgram } from './harness/program.ts';
import type { Program } from './harness/program.ts';
import { runScript, SCRIPT_SETTINGS } from './logqltest/run.ts';
import { parseScript } from './logqltest/script.ts';

const scripts = join(import.meta.dirname, 'logqltest', 'scripts');
const names = readdirSync(scripts).filter((name) => name.endsWith('.logqltest'));
assert.ok(names.length > 0, 'no scripts');

suite('LogQL scripts', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-logqltest-'));
  let program: Program | undefined;

  before(async () => {
    program = await startProgram({ dataDir: dir, set: [...SCRIPT_SETTINGS, 'host.enabled=false', 'selfScrape.interval=0'] });
  });

  after(async () => {
    await program?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  for (const name of names) {
    test(name, async () => {
      assert.ok(program !== undefined);
      const commands = parseScript(readFileSync(join(scripts, name), 'utf8'));
      const outcomes = await runScript(commands, { url: program.url, tenant: name.replaceAll(/\W/g, '-') });
      assert.ok(outcomes.length > 0, 'the script asks nothing');
      const problems = outcomes.flatMap(({ line, expr, problem }) =>
        problem === undefined ? [] : [`${name}:${line} ${expr}\n  ${problem}`],
      );
      assert.equal(problems.join('\n'), '');
    });
  }
});
