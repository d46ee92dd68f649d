// Relabelling: a label set, rules, and the set that comes out or nothing.
//
// Source: prometheus model/relabel. A target serves one series with the set's labels, and the rules run as metric_relabel_configs.
// Rules that are only judged, not run, go through the check of configuration files.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { stringify } from 'yaml';
import { z } from 'zod';

import type { Program } from '../harness/program.ts';
import { checkConfigFiles } from './config-check.ts';
import { compare } from './family.ts';
import type { Family, Outcome } from './family.ts';
import { samplesOf, upOfJobs } from './scraped.ts';

const rule = z.record(z.string(), z.unknown());
const labels = z.record(z.string(), z.string());

const fileSchema = z.object({
  relabel: z.array(z.object({ input: labels, configs: z.array(rule), drop: z.boolean(), output: labels.optional(), src: z.string() })),
  validate: z.array(z.object({ config: rule, error: z.string(), src: z.string() })),
  targetLabelLegacyValidity: z.array(z.object({ target_label: z.string(), validLegacy: z.boolean() })),
  yamlRoundtrip: z.array(z.object({ name: z.string(), yaml: z.string() })),
});

type RelabelCase = z.infer<typeof fileSchema>['relabel'][number];

interface Scraped {
  readonly each: RelabelCase;
  readonly metric: string;
  readonly job: string;
}

/** A rule whose acceptance alone is in question, as a configuration around it. */
interface Judged {
  readonly name: string;
  readonly ok: boolean;
  readonly text: string;
}

export const relabelFamily: Family = {
  name: 'relabelling',
  claims: (path) => path === 'relabel.json',
  prepare({ file }, setup) {
    const cases = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const skipped: Outcome[] = [];
    const scraped: Scraped[] = [];
    for (const [i, each] of cases.relabel.entries()) {
      if (losesName(each)) {
        skipped.push({ kind: 'skipped', name: each.src, reason: 'the rules drop the metric name, and a series without one is not stored' });
        continue;
      }
      const metric = each.input['__name__'] ?? `relabel_case_${i + 1}`;
      const job = setup.scrape({
        body: Buffer.from(exposition(metric, each.input)),
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        config: { metric_relabel_configs: each.configs },
      });
      scraped.push({ each, metric, job });
    }
    const judged = judgedCases(cases);
    return async (program) => [
      ...(await runScraped(program, scraped)),
      ...(await runJudged(judged)),
      ...skipped,
      ...cases.yamlRoundtrip.map(notPrinted),
    ];
  },
};

function exposition(metric: string, input: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(input).filter(([name]) => name !== '__name__');
  const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `{"${escape(metric)}"${pairs.map(([name, value]) => `,"${escape(name)}"="${escape(value)}"`).join('')}} 1\n`;
}

function losesName({ configs }: RelabelCase): boolean {
  return configs.some(({ action, regex }) => {
    const matches = new RegExp(`^(?:${typeof regex === 'string' ? regex : '.*'})$`).test('__name__');
    return action === 'labelkeep' ? !matches : action === 'labeldrop' && matches;
  });
}

async function runScraped(program: Program, scraped: readonly Scraped[]): Promise<Outcome[]> {
  const up = await upOfJobs(
    program,
    scraped.map(({ job }) => job),
  );
  const outcomes: Outcome[] = [];
  for (const { each, metric, job } of scraped) {
    const name = `${each.src} ${JSON.stringify(each.configs).slice(0, 80)}`;
    if (up.get(job) !== 1) {
      outcomes.push(compare(name, { up: 1 }, { up: up.get(job) ?? 'never scraped' }));
      continue;
    }
    const renamed = each.output?.['__name__'] ?? metric;
    const series = await samplesOf(program, `{__name__=${JSON.stringify(renamed)}}`);
    const found = series.map((one) => withoutEmpty({ ...one.metric, __name__: '' }));
    outcomes.push(compare(name, each.drop ? [] : [withoutEmpty({ ...each.output, __name__: '', job: '', instance: '' })], found));
  }
  return outcomes;
}

/** An empty label is an absent one. */
function withoutEmpty(given: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}

function judgedCases({ validate, targetLabelLegacyValidity }: z.infer<typeof fileSchema>): Judged[] {
  return [
    ...validate.map(({ config: { name_validation_scheme: scheme, ...config }, error, src }) => ({
      name: src,
      ok: error === '',
      text: around(config, scheme),
    })),
    ...targetLabelLegacyValidity.map(({ target_label, validLegacy }) => ({
      name: `legacy target label ${target_label}`,
      ok: validLegacy,
      text: around({ source_labels: ['a'], target_label, action: 'replace' }, 'legacy'),
    })),
  ];
}

function around(config: Readonly<Record<string, unknown>>, scheme: unknown): string {
  const job = {
    job_name: 'case',
    ...(typeof scheme === 'string' ? { metric_name_validation_scheme: scheme } : {}),
    metric_relabel_configs: [config],
  };
  return stringify({ scrape_configs: [job] });
}

async function runJudged(judged: readonly Judged[]): Promise<Outcome[]> {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-conformance-'));
  try {
    const files = judged.map(({ text }, i) => {
      const file = join(dir, `${i}.yml`);
      writeFileSync(file, text);
      return file;
    });
    const mistakes = await checkConfigFiles(files);
    return judged.map(({ name, ok }, i) => {
      const mistake = mistakes.get(files[i] ?? '');
      return compare(name, ok ? 'accepted' : 'refused', mistake === undefined ? 'accepted' : ok ? mistake : 'refused');
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function notPrinted({ name }: { readonly name: string }): Outcome {
  return { kind: 'skipped', name: `YAML round trip: ${name}`, reason: 'a single rule is not printed over any interface' };
}
