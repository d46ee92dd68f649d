// PromQL's own test scripts: one result per `eval`, through the write path and the HTTP API.
//
// What is special about the program: names are dropped at the end of an evaluation, but for the script that is about dropping them at once.

import { basename } from 'node:path';
import { readFileSync } from 'node:fs';

import { runScript } from '../promqltest/run.ts';
import { parseScript } from '../promqltest/script.ts';
import type { Family, Outcome } from './family.ts';

const IMMEDIATE = 'delayed_name_removal_disabled';

export const promqlScriptsFamily: Family = {
  name: 'PromQL scripts',
  claims: (path) => /^promql\/.*\.test$/.test(path),
  settings: (path) => (path.includes(IMMEDIATE) ? [] : DELAYED_NAMES),
  prepare({ path, file }, setup) {
    const commands = parseScript(readFileSync(file, 'utf8'));
    const tenant = setup.tenant();
    return async ({ url }) => {
      const outcomes = await runScript(commands, { url, tenant });
      return outcomes.map(({ line, expr, problem }): Outcome => {
        const name = `${basename(path)}:${line} ${expr}`;
        return problem === undefined ? { kind: 'passed', name } : { kind: 'failed', name, expected: 'as the script says', got: problem };
      });
    };
  },
};

/** What scripts assume of the program. */
export const DELAYED_NAMES: readonly string[] = [];
