// `npm run conformance -- DIR [--only NAME]`: the peers' published cases against a freshly started program, over its real interface.
//
//   DIR ─▶ files ─▶ families prepare ─▶ settings ─▶ one program ─▶ families run ─▶ a line per file, the failing cases, a summary
//
// Exit code 1 when a case failed or when none was run: nothing passes by running nothing.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { startProgram } from '../harness/program.ts';
import type { Program, ProgramOptions } from '../harness/program.ts';
import { configFamily } from './family-config.ts';
import { expfmtFamily, largeExpositionFamily, openMetricsFamily } from './family-exposition.ts';
import { httpApiFamily } from './family-http-api.ts';
import { logqlFormatFamily } from './family-logql-format.ts';
import { logqlParserFamily } from './family-logql-parser.ts';
import { logqlStagesFamily } from './family-logql-stages.ts';
import { logqltestFamily } from './family-logqltest.ts';
import { otlpAttributesFamily, otlpExampleFamily, otlpNamingFamily, otlpSamplesFamily } from './family-otlp.ts';
import { lokiPushFamily, otlpLogsExampleFamily, otlpLogsFamily } from './family-loki-push.ts';
import { openApiFamily } from './family-openapi.ts';
import { promqlEngineFamily } from './family-promql-engine.ts';
import { promqlFormatFamily } from './family-promql-format.ts';
import { promqlNotationFamily } from './family-promql-notation.ts';
import { promqlParserFamily } from './family-promql-parser.ts';
import { promqlRunnerFamily } from './family-promql-runner.ts';
import { promqlScriptsFamily } from './family-promql-scripts.ts';
import { relabelFamily } from './family-relabel.ts';
import { remoteWriteFamily } from './family-remote-write.ts';
import { traceqlExecuteFamily } from './family-traceql-execute.ts';
import { traceqlLanguageFamily } from './family-traceql-language.ts';
import { traceqlMetricsFamily } from './family-traceql-metrics.ts';
import type { CaseFile, Family, Outcome, Part, Run } from './family.ts';
import { Setup } from './setup.ts';

const families: readonly Family[] = [
  remoteWriteFamily,
  relabelFamily,
  configFamily,
  expfmtFamily,
  openMetricsFamily,
  largeExpositionFamily,
  otlpSamplesFamily,
  otlpAttributesFamily,
  otlpNamingFamily,
  otlpExampleFamily,
  httpApiFamily,
  promqlParserFamily,
  promqlFormatFamily,
  promqlScriptsFamily,
  promqlEngineFamily,
  promqlNotationFamily,
  promqlRunnerFamily,
  logqlParserFamily,
  logqlFormatFamily,
  logqltestFamily,
  logqlStagesFamily,
  openApiFamily,
  lokiPushFamily,
  otlpLogsFamily,
  otlpLogsExampleFamily,
  traceqlExecuteFamily,
  traceqlLanguageFamily,
  traceqlMetricsFamily,
];

/** Failing cases of one file that are printed in full. */
const FAILURES_SHOWN_MAX = 20;
const TEXT_SHOWN_MAX = 600;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { only: { type: 'string' } } });
  const [given] = positionals;
  if (given === undefined || positionals.length > 1) {
    console.error('usage: npm run conformance -- DIR [--only NAME]');
    return 2;
  }
  const dir = resolve(given);
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) {
    console.error(`conformance: ${given} is no directory`);
    return 2;
  }
  const files = caseFiles(dir).filter(({ path }) => values.only === undefined || path.includes(values.only));
  const outcomes = await runFiles(files);
  const count = (kind: Outcome['kind']): number => outcomes.filter((outcome) => outcome.kind === kind).length;
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  if (count('failed') > 0) return 1;
  if (count('passed') > 0) return 0;
  console.error('conformance: no case was run');
  return 1;
}

/** The case files of a directory. Where a folder has an index, the files beside it are its material. */
function caseFiles(dir: string, under = ''): CaseFile[] {
  const entries = readdirSync(join(dir, under), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const index = entries.find(({ name }) => name === 'index.json');
  if (index !== undefined) return [{ path: `${under}index.json`, file: join(dir, under, 'index.json') }];
  return entries.flatMap((entry) => {
    const path = `${under}${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'LICENCES' ? [] : caseFiles(dir, `${path}/`);
    return entry.name.endsWith('.md') ? [] : [{ path, file: join(dir, path) }];
  });
}

interface Prepared extends Part {
  readonly path: string;
}

/** Runs all files, those that ask for the same settings against one program. */
async function runFiles(files: readonly CaseFile[]): Promise<Outcome[]> {
  const setup = new Setup();
  const prepared: Prepared[] = [];
  for (const file of files) {
    for (const part of await prepare(file, setup)) prepared.push({ ...part, path: file.path });
  }
  const dir = mkdtempSync(join(tmpdir(), 'sightline-conformance-'));
  try {
    const config = await setup.write(dir);
    const groups = Map.groupBy(prepared, ({ settings }) => settings.join(' '));
    const outcomes: Outcome[] = [];
    for (const [i, group] of [...groups.values()].entries()) {
      outcomes.push(...(await runGroup(group, { dataDir: join(dir, `data-${i}`), config, set: group[0]?.settings ?? [] })));
    }
    return outcomes;
  } finally {
    setup.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function runGroup(group: readonly Prepared[], options: ProgramOptions): Promise<Outcome[]> {
  let program;
  try {
    program = await startProgram(options);
  } catch (error) {
    const failed: Outcome = { kind: 'failed', name: 'the program', expected: 'a start', got: String(error) };
    return group.flatMap(({ path, settings }) => report([path, ...settings].join(' '), [failed]));
  }
  try {
    const outcomes: Outcome[] = [];
    for (const { path, run, settings } of group) {
      outcomes.push(...report([path, ...settings].join(' '), await runOne(path, run, program)));
    }
    await program.stop();
    return outcomes;
  } finally {
    await program.kill();
  }
}

/** A file that cannot be read as its family expects is a failure of that file alone. */
async function prepare(file: CaseFile, setup: Setup): Promise<readonly Part[]> {
  const family = families.find(({ claims }) => claims(file.path));
  if (family === undefined) return [always({ kind: 'skipped', name: file.path, reason: 'no family yet' })];
  try {
    const prepared = await family.prepare(file, setup);
    return typeof prepared === 'function' ? [{ settings: [], run: prepared }] : prepared;
  } catch (error) {
    return [always({ kind: 'failed', name: file.path, expected: `a file of the family ${family.name}`, got: String(error) })];
  }
}

function always(outcome: Outcome): Part {
  return { settings: [], run: () => Promise.resolve([outcome]) };
}

async function runOne(path: string, run: Run, program: Program): Promise<readonly Outcome[]> {
  try {
    const outcomes = await run(program);
    if (outcomes.length > 0) return outcomes;
    return [{ kind: 'failed', name: path, expected: 'cases', got: 'none' }];
  } catch (error) {
    return [
      {
        kind: 'failed',
        name: path,
        expected: 'a run to its end',
        got: error instanceof Error ? (error.stack ?? error.message) : String(error),
      },
    ];
  }
}

/** Prints a file's line and its failing cases. */
function report(path: string, outcomes: readonly Outcome[]): readonly Outcome[] {
  const failed = outcomes.filter((outcome) => outcome.kind === 'failed');
  const skipped = outcomes.filter((outcome) => outcome.kind === 'skipped');
  const passed = outcomes.length - failed.length - skipped.length;
  const reasons = [...new Set(skipped.map(({ reason }) => reason))].join('; ');
  const verdict = failed.length > 0 ? 'failed ' : passed > 0 ? 'passed ' : 'skipped';
  const parts = [
    `${passed} of ${outcomes.length - skipped.length} cases`,
    ...(skipped.length > 0 ? [`${skipped.length} skipped: ${reasons}`] : []),
  ];
  console.log(`${verdict} ${path}: ${verdict === 'skipped' ? reasons : parts.join(', ')}`);
  for (const { name, expected, got } of failed.slice(0, FAILURES_SHOWN_MAX)) {
    console.log(`    ${shorten(name, 200)}\n      expected ${shorten(expected)}\n      got      ${shorten(got)}`);
  }
  if (failed.length > FAILURES_SHOWN_MAX) console.log(`    … and ${failed.length - FAILURES_SHOWN_MAX} more`);
  return outcomes;
}

function shorten(text: string, max = TEXT_SHOWN_MAX): string {
  const line = text.replaceAll('\n', '\n               ');
  return line.length > max ? `${line.slice(0, max)}…` : line;
}
