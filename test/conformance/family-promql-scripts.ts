// PromQL's own test scripts: one result per `eval`, through the write path and the HTTP API.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { scriptSettings } from '../promqltest/settings.ts';
import { runScript } from '../promqltest/run.ts';
import { parseScript } from '../promqltest/script.ts';
import type { Family, Outcome } from './family.ts';

export const promqlScriptsFamily: Family = {
  name: 'PromQL scripts',
  claims: (path) => /^promql\/.*\.test$/.test(path),
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
    return [{ settings: scriptSettings(basename(path)), run }];
  },
};
