// What is LogQL and what is none, through `format_query`; what is a selector alone, through `series`.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { askPrometheus } from '../harness/client.ts';
import type { Target } from '../harness/client.ts';
import { compare } from './family.ts';
import type { Family } from './family.ts';

const casesSchema = z.array(z.object({ expr: z.string(), ok: z.boolean(), kind: z.string().optional() }));

const PARSED = 'parsed';
const REFUSED = 'refused: 400';

export const logqlParserFamily: Family = {
  name: 'LogQL parser',
  claims: (path) => path === 'logql-parser.json',
  prepare({ file }) {
    const cases = casesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return async ({ url }) => {
      const outcomes = [];
      for (const { expr, ok, kind } of cases) outcomes.push(compare(expr, ok ? PARSED : REFUSED, await verdict({ url }, expr, kind)));
      return outcomes;
    };
  },
};

async function verdict(target: Target, expr: string, kind: string | undefined): Promise<string> {
  const loki = { ...target, api: '/loki/api/v1' };
  const answer =
    kind === 'matchers-only'
      ? await askPrometheus(loki, 'series', { 'match[]': expr })
      : await askPrometheus(loki, 'format_query', { query: expr });
  return answer.status === 'success' ? PARSED : `refused: ${answer.httpStatus}`;
}
