// Prometheus configuration files, good and bad, through the program's check of them.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import { checkConfigFiles } from './config-check.ts';
import { compare } from './family.ts';
import type { Family } from './family.ts';

const indexSchema = z.array(z.object({ file: z.string(), ok: z.boolean(), err: z.string().nullish() }));

export const configFamily: Family = {
  name: 'Prometheus configuration',
  claims: (path) => path === 'prometheus-config/index.json',
  prepare({ file }) {
    const cases = indexSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return async () => {
      const files = cases.map((each) => join(dirname(file), each.file));
      const mistakes = await checkConfigFiles(files);
      return cases.map(({ file: name, ok, err }, i) => {
        const mistake = mistakes.get(files[i] ?? '');
        return compare(
          name,
          ok ? 'ok' : `refused: ${err ?? ''}`,
          ok ? (mistake ?? 'ok') : mistake === undefined ? 'ok' : `refused: ${err ?? ''}`,
        );
      });
    };
  },
};
