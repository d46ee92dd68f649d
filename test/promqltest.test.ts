// Our own PromQL scripts, `promqltest/scripts/*.test`: one program for all that ask for the same settings, one test per script.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import { startProgram } from './harness/program.ts';
import type { Program } from './harness/program.ts';
import { runScript } from './promqltest/run.ts';
import { parseScript } from './promqltest/script.ts';
import { scriptSettings } from './promqltest/settings.ts';

const scripts = join(import.meta.dirname, 'promqltest', 'scripts');
const names = readdirSync(scripts).filter((name) => name.endsWith('.test'));
assert.ok(names.length > 0, 'no scripts');

for (const [settings, group] of Map.groupBy(names, (name) => scriptSettings(name).join(' '))) {
  suite(`scripts with ${settings === '' ? 'the defaults' : settings}`, () => {
    const dir = mkdtempSync(join(tmpdir(), 'sightline-promqltest-'));
    let program: Program | undefined;

    before(async () => {
      const set = [...scriptSettings(group[0] ?? ''), 'host.enabled=false', 'selfScrape.interval=0'];
      program = await startProgram({ dataDir: dir, set });
    });

    after(async () => {
      await program?.stop();
      rmSync(dir, { recursive: true, force: true });
    });

    for (const name of group) {
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
}
