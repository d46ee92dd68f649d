// What is PromQL and what is none, through `parse_query`.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { askPrometheus } from '../harness/client.ts';
import { compare } from './family.ts';
import type { Family } from './family.ts';

const casesSchema = z.array(z.object({ expr: z.string(), ok: z.boolean() }));

export const promqlParserFamily: Family = {
  name: 'PromQL parser',
  claims: (path) => path === 'promql-parser.json',
  prepare({ file }) {
    const cases = casesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return async ({ url }) => {
      const outcomes = [];
      for (const { expr, ok } of cases) {
        const answer = await askPrometheus({ url }, 'parse_query', { query: expr });
        const got = answer.status === 'success' ? 'parsed' : `refused: ${answer.errorType ?? answer.httpStatus}`;
        outcomes.push(compare(expr, ok ? 'parsed' : 'refused: bad_data', got));
      }
      return outcomes;
    };
  },
};
