// Runs a logqltest script against a started program, from outside: loads through Loki's push, asks through Loki's query API.
//
//   script ─▶ load ─▶ /loki/api/v1/push       eval ─▶ query, query_range ─▶ compare.ts ─▶ one outcome per command
//
// Where a script clears, it goes on in a tenant of its own.

import { z } from 'zod';

import { compareText, labelsKey, labelsRecord } from '../../src/query/labels.ts';
import type { Labels } from '../../src/query/labels.ts';
import { post } from '../harness/client.ts';
import type { Target } from '../harness/client.ts';
import { problemOf } from './compare.ts';
import type { Answer, ReadSeries } from './compare.ts';
import type { Command, Eval, Load } from './script.ts';

/** What a program must be started with: the labels and metadata that scripts expect are those that they load. */
export const SCRIPT_SETTINGS: readonly string[] = ['limits.logs.discoverServiceName=', 'limits.logs.discoverLevels=false'];

/** What became of one command: a load's only when it was refused. */
export interface CommandOutcome {
  readonly line: number;
  readonly expr: string;
  readonly problem: string | undefined;
}

/** Runs the commands in order. `tenant` begins the names of the tenants used. */
export async function runScript(commands: readonly Command[], { url, tenant }: Required<Target>): Promise<readonly CommandOutcome[]> {
  const outcomes: CommandOutcome[] = [];
  let clears = 0;
  for (const command of commands) {
    const target = { url, tenant: `${tenant}-${clears}` };
    if (command.kind === 'clear') clears++;
    else if (command.kind === 'load') outcomes.push(...(await runLoad(command, target)));
    else outcomes.push(await runEval(command, target));
  }
  return outcomes;
}

async function runLoad({ line, entries }: Load, target: Target): Promise<readonly CommandOutcome[]> {
  const streams = [...Map.groupBy(entries, ({ labels }) => labelsKey(labels)).values()].map((ofStream) => ({
    stream: labelsRecord(ofStream[0]?.labels ?? []),
    values: ofStream.map(({ tsNs, line: text, metadata }) => [String(tsNs), text, labelsRecord(metadata)]),
  }));
  const body = JSON.stringify({ streams });
  const { status, text } = await post(target, '/loki/api/v1/push', { body, headers: { 'content-type': 'application/json' } });
  return status < 300 ? [] : [{ line, expr: 'load', problem: `the load was refused: ${status} ${text}` }];
}

async function runEval(command: Eval, target: Target): Promise<CommandOutcome> {
  const { line, expr } = command;
  try {
    return { line, expr, problem: problemOf(command, await ask(command, target)) };
  } catch (error) {
    return { line, expr, problem: error instanceof Error ? error.message : String(error) };
  }
}

async function ask({ expr, time: { startNs, endNs, stepNs } }: Eval, target: Target): Promise<Answer> {
  const isInstant = stepNs === undefined;
  const parameters: Record<string, string> = isInstant
    ? { query: expr, time: String(startNs) }
    : { query: expr, start: String(startNs), end: String(endNs), step: String(Number(stepNs) / 1e9) };
  const { status, text } = await post(target, isInstant ? '/loki/api/v1/query' : '/loki/api/v1/query_range', {
    body: new URLSearchParams(parameters).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  if (status >= 300) return { kind: 'failed', message: text };
  return answerSchema.parse(JSON.parse(text)).data;
}

const value = z.string().transform((text) => {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
});
const point = z.tuple([z.number(), value]).transform(([seconds, number]) => [Math.round(seconds * 1000), number] as const);
// An empty value counts: it is kept.
const metric = z.record(z.string(), z.string()).transform((record): Labels => {
  return Object.entries(record)
    .sort(([a], [b]) => compareText(a, b))
    .flat();
});

const answerSchema = z.object({
  data: z.discriminatedUnion('resultType', [
    z
      .object({ resultType: z.literal('scalar'), result: z.tuple([z.number(), value]) })
      .transform(({ result }): Answer => ({ kind: 'scalar', value: result[1] })),
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric, value: point })) }).transform(({ result }): Answer => ({
      kind: 'vector',
      series: result.map((series): ReadSeries => ({ labels: series.metric, points: [series.value] })),
    })),
    z
      .object({ resultType: z.literal('matrix'), result: z.array(z.object({ metric, values: z.array(point) })) })
      .transform(({ result }): Answer => ({
        kind: 'matrix',
        series: result.map((series): ReadSeries => ({ labels: series.metric, points: series.values })),
      })),
  ]),
});
