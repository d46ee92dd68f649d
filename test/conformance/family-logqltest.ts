// LogQL's own test scripts: one result per `eval`, through push and the HTTP API.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { runScript, SCRIPT_SETTINGS } from '../logqltest/run.ts';
import { parseScript } from '../logqltest/script.ts';
import type { Family, Outcome } from './family.ts';

export const logqltestFamily: Family = {
  name: 'LogQL scripts',
  claims: (path) => /^logql\/.*\.logqltest$/.test(path),
  prepare({ path, file }, setup) {
    const commands = parseScript(readFileSync(file, 'utf8'));
    const tenant = setup.tenant();
    const run = async ({ url }: { readonly url: string }): Promise<readonly Outcome[]> => {
      const outcomes = await runScript(commands, { url, tenant });
      return outcomes.map(({ line, expr, problem }): Outcome => {
        const name = `${basename(path)}:${line} ${expr}`;
        return problem === undefined ? { kind: 'passed', name } : { kind: 'failed', name, expected: 'as the script says', got: problem };
      });
    };
    return [{ settings: SCRIPT_SETTINGS, run }];
  },
};
