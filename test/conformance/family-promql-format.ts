// Canonical and laid out forms of PromQL. The canonical one is what `format_query` gives for what fits on a line.
//
// Lines of another width than the interface's are asked of the printer itself, which has no other way in.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { parseExpr } from '../../src/metrics/promql/parse.ts';
import { formatExpr, printExpr } from '../../src/metrics/promql/print.ts';
import { askPrometheus } from '../harness/client.ts';
import type { Target } from '../harness/client.ts';
import { compare } from './family.ts';
import type { Family, Outcome } from './family.ts';

const caseSchema = z.object({
  in: z.string(),
  out: z.string(),
  kind: z.enum(['string', 'pretty']),
  maxCharactersPerLine: z.number().optional(),
});

type Case = z.infer<typeof caseSchema>;

/** The width to which the interface lays out. */
const LINE_WIDTH = 100;

export const promqlFormatFamily: Family = {
  name: 'PromQL format',
  claims: (path) => path === 'promql-format.json',
  prepare({ file }) {
    const cases = z.array(caseSchema).parse(JSON.parse(readFileSync(file, 'utf8')));
    return async (program) => {
      const outcomes: Outcome[] = [];
      for (const each of cases) outcomes.push(compare(`${each.kind} ${each.in}`, each.out, await formatted(program, each)));
      return outcomes;
    };
  },
};

async function formatted(target: Target, each: Case): Promise<unknown> {
  const width = each.maxCharactersPerLine ?? LINE_WIDTH;
  if (each.kind === 'pretty' && width !== LINE_WIDTH) return formatExpr(parseExpr(each.in), width);
  if (each.kind === 'string' && each.out.length > LINE_WIDTH) return printExpr(parseExpr(each.in));
  const parsed = await askPrometheus(target, 'parse_query', { query: each.in });
  if (parsed.status !== 'success') return `not parsed: ${parsed.error}`;
  const answer = await askPrometheus(target, 'format_query', { query: each.in });
  return answer.data ?? answer.error;
}
