// `npm run check`: everything that must hold before a change lands, in about a minute.
//
//   format, types, lint, unused code (side by side) ─▶ tests
//
// Each step is a command of its own; a step's output is shown only when it fails. The tests come last, with node's own report.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

interface Outcome {
  readonly step: Step;
  readonly failed: boolean;
  readonly seconds: string;
  readonly output: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const tests: Step = { name: 'tests', command: ['npm', 'test', '--silent', '--ignore-scripts'] };

process.exitCode = await check();

async function check(): Promise<number> {
  const outcomes = await runSideBySide(staticSteps());
  for (const { step, failed, seconds, output } of outcomes) {
    console.log(`${failed ? 'FAILED' : 'ok    '} ${step.name} (${seconds} s)`);
    if (failed) console.log(output);
  }
  outcomes.push(await run(tests, 'inherit'));
  const failed = outcomes.filter((outcome) => outcome.failed).map((outcome) => outcome.step.name);
  if (failed.length > 0) console.error(`check: failed: ${failed.join(', ')}`);
  return failed.length > 0 ? 1 : 0;
}

function staticSteps(): Step[] {
  const steps: Step[] = [
    { name: 'format', command: ['oxfmt', '--check'] },
    { name: 'types', command: ['tsc', '-p', '.'] },
    { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
    { name: 'unused code', command: ['knip'] },
  ];
  if (existsSync(`${root}/ui/tsconfig.json`)) steps.push({ name: 'types of the UI', command: ['tsc', '-p', 'ui'] });
  return steps;
}

async function runSideBySide(steps: readonly Step[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = [...steps];
  const worker = async (): Promise<void> => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) outcomes.push(await run(step, 'pipe'));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return outcomes;
}

/** Runs a step to its end. A command that cannot be started is a failed step. */
function run(step: Step, output: 'pipe' | 'inherit'): Promise<Outcome> {
  const started = performance.now();
  const [program = '', ...args] = step.command;
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', output, output] });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    const finish = (failed: boolean): void => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      resolve({ step, failed, seconds, output: Buffer.concat(chunks).toString() });
    };
    child.on('error', (error) => {
      chunks.push(Buffer.from(`${program}: ${error.message}\n`));
      finish(true);
    });
    child.on('close', (code) => finish(code !== 0));
  });
}
