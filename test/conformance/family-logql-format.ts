// Canonical and laid out forms of LogQL, the latter also through `format_query`.
//
// The interface lays out to one width only, and gives the canonical form of what fits: other cases are asked of the printers themselves.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { formatLogql } from '../../src/logs/logql/format.ts';
import { parseLogql } from '../../src/logs/logql/parse.ts';
import { printLogql } from '../../src/logs/logql/print.ts';
import { askPrometheus } from '../harness/client.ts';
import type { Target } from '../harness/client.ts';
import { compare } from './family.ts';
import type { Family, Outcome } from './family.ts';

const caseSchema = z.object({
  in: z.string(),
  out: z.string(),
  kind: z.enum(['string', 'pretty']),
  maxCharsPerLine: z.number().optional(),
});

type Case = z.infer<typeof caseSchema>;

/** The width to which the interface lays out. */
const LINE_WIDTH = 100;

export const logqlFormatFamily: Family = {
  name: 'LogQL format',
  claims: (path) => path === 'logql-format.json',
  prepare({ file }) {
    const cases = z.array(caseSchema).parse(JSON.parse(readFileSync(file, 'utf8')));
    return async ({ url }) => {
      const outcomes: Outcome[] = [];
      for (const each of cases) outcomes.push(compare(`${each.kind} ${each.in}`, each.out, await formatted({ url }, each)));
      return outcomes;
    };
  },
};

async function formatted(target: Target, each: Case): Promise<unknown> {
  const width = each.maxCharsPerLine ?? LINE_WIDTH;
  if (each.kind === 'pretty' && width !== LINE_WIDTH) return formatLogql(parseLogql(each.in), width);
  if (each.kind === 'string' && each.out.length > LINE_WIDTH) return printLogql(parseLogql(each.in));
  const answer = await askPrometheus({ ...target, api: '/loki/api/v1' }, 'format_query', { query: each.in });
  return answer.data ?? answer.error;
}
