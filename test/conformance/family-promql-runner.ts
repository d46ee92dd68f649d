// The runner of scripts, tried: scripts that must hold, and scripts that must not, with the words in which they must fail.
//
// What an answer over HTTP does not carry, the counter reset hint, is left out of the words on both sides.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { runScript } from '../promqltest/run.ts';
import { ScriptError } from '../promqltest/script-error.ts';
import { parseScript } from '../promqltest/script.ts';
import type { Command } from '../promqltest/script.ts';
import { scriptSettings } from '../promqltest/settings.ts';
import type { Program } from '../harness/program.ts';
import { compare } from './family.ts';
import type { Family, Outcome } from './family.ts';

const casesSchema = z.array(z.object({ name: z.string(), input: z.string(), expectedError: z.string() }));

export const promqlRunnerFamily: Family = {
  name: 'runner of PromQL scripts',
  claims: (path) => path === 'promql-runner-selftest.json',
  prepare({ file }, setup) {
    const cases = casesSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).map((each) => ({ ...each, tenant: setup.tenant() }));
    const run = async ({ url }: Program): Promise<readonly Outcome[]> => {
      const outcomes: Outcome[] = [];
      for (const { name, input, expectedError, tenant } of cases) {
        const problem = await problemOf(input, { url, tenant });
        outcomes.push(compare(name, withoutHints(expectedError), withoutHints(problem)));
      }
      return outcomes;
    };
    return [{ settings: scriptSettings(''), run }];
  },
};

/** The first thing that is wrong; empty when the script holds. */
async function problemOf(input: string, target: { readonly url: string; readonly tenant: string }): Promise<string> {
  let commands: readonly Command[];
  try {
    commands = parseScript(input);
  } catch (error) {
    if (error instanceof ScriptError) return error.message;
    throw error;
  }
  const outcomes = await runScript(commands, target);
  return outcomes.find(({ problem }) => problem !== undefined)?.problem ?? '';
}

function withoutHints(text: string): string {
  return text.replaceAll(/ ?counter_reset_hint:\w+/g, '').replaceAll('{{ ', '{{');
}
