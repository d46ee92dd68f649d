// Queries over a load: values, or the annotations beside them. Some need the type and unit labels that a setting turns on.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { askPrometheus, post, seriesSchema } from '../harness/client.ts';
import type { ReadSeries, Target } from '../harness/client.ts';
import type { Program } from '../harness/program.ts';
import { encodeRemoteWrite2 } from '../harness/remote-write.ts';
import type { SentSample, SentSeries } from '../harness/remote-write.ts';
import { almostEqual } from '../promqltest/almost-equal.ts';
import { parseLoad } from '../promqltest/load.ts';
import { sentSeries } from '../promqltest/run.ts';
import { compare, print } from './family.ts';
import type { Family, Outcome, Part } from './family.ts';
import { seriesKey, toNumber } from './scraped.ts';
import type { Setup } from './setup.ts';

const number = z.union([z.number(), z.string()]).transform(toNumber);
const metric = z.record(z.string(), z.string());

const expectedSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('vector'), value: z.array(z.object({ metric, t: z.number(), v: number })) }),
  z.object({ type: z.literal('matrix'), value: z.array(z.object({ metric, points: z.array(z.tuple([z.number(), number])) })) }),
  z.object({ type: z.literal('scalar'), value: z.object({ t: z.number(), v: number }) }),
]);

const caseSchema = z.object({
  src: z.string(),
  load: z.string(),
  loadExtra: z.string().nullish(),
  query: z.string(),
  start: z.number(),
  end: z.number().nullish(),
  step: z.number().nullish(),
  typeAndUnitLabels: z.boolean().default(false),
  expected: expectedSchema.optional(),
  expectedWarnings: z.array(z.string()).optional(),
  expectedInfos: z.array(z.string()).optional(),
});

type Case = z.infer<typeof caseSchema>;

const TYPE_AND_UNIT = 'query.typeAndUnitLabels=true';

export const promqlEngineFamily: Family = {
  name: 'PromQL engine',
  claims: (path) => path === 'promql-engine.json',
  prepare({ file }, setup) {
    const cases = z.array(caseSchema).parse(JSON.parse(readFileSync(file, 'utf8')));
    const parts = [part(cases, { typeAndUnitLabels: false, setup }), part(cases, { typeAndUnitLabels: true, setup })];
    return parts.filter((each) => each !== undefined);
  },
};

interface PartOptions {
  readonly typeAndUnitLabels: boolean;
  readonly setup: Setup;
}

function part(all: readonly Case[], { typeAndUnitLabels, setup }: PartOptions): Part | undefined {
  const cases = all.filter((each) => each.typeAndUnitLabels === typeAndUnitLabels);
  if (cases.length === 0) return undefined;
  // Cases only read, so those with the same load share a tenant.
  const loads = Map.groupBy(cases, ({ load, loadExtra }) => `${load}\n${loadExtra ?? ''}`);
  const tenants = [...loads.values()].map((group) => ({ group, tenant: setup.tenant() }));
  const run = async ({ url }: Program): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const { group, tenant } of tenants) {
      const target = { url, tenant };
      await load(target, group[0]);
      for (const each of group) outcomes.push(await runCase(target, each));
    }
    return outcomes;
  };
  return { settings: typeAndUnitLabels ? [TYPE_AND_UNIT] : [], run };
}

async function load(target: Target, each: Case | undefined): Promise<void> {
  const series = [
    ...loadedSeries(each?.load ?? ''),
    ...(each?.loadExtra ?? '')
      .split(';')
      .filter((words) => words.trim() !== '')
      .map(seriesInWords),
  ];
  const { status, text } = await post(target, '/api/v1/push', encodeRemoteWrite2(series));
  if (status >= 300) throw new Error(`the load was refused: ${status} ${text}`);
}

function loadedSeries(script: string): SentSeries[] {
  const lines = script.split('\n').map((line) => line.trim());
  return lines.flatMap((line, i) => (line.startsWith('load') ? parseLoad(lines, i).load.series.map(sentSeries) : []));
}

/** A series that no step describes, as the file describes it: samples a second apart back in time, or a single one. */
function seriesInWords(words: string): SentSeries {
  const name = /^\s*(\w+):/.exec(words)?.[1] ?? '';
  const downwards = /one sample per second from t=(-?\d+)s to (-?\d+) with value -t_sec\+1/.exec(words);
  const single = /single sample v=(\S+) at t=(-?\d+)s/.exec(words);
  const samples: SentSample[] = [];
  if (downwards !== null) {
    for (let t = Number(downwards[1]); t <= Number(downwards[2]); t++) samples.push({ ts: t * 1000, value: -t + 1 });
  } else if (single !== null) samples.push({ ts: Number(single[2]) * 1000, value: toNumber(single[1] ?? '') });
  if (name === '' || samples.length === 0) throw new Error(`not understood: ${words}`);
  return { labels: { __name__: name }, samples };
}

async function runCase(target: Target, each: Case): Promise<Outcome> {
  const name = `${each.src} ${each.query}`;
  const isRange = each.end !== null && each.end !== undefined;
  const answer = isRange
    ? await askPrometheus(target, 'query_range', {
        query: each.query,
        start: String(each.start),
        end: String(each.end),
        step: String(each.step),
      })
    : await askPrometheus(target, 'query', { query: each.query, time: String(each.start) });
  if (answer.status !== 'success') return compare(name, each.expected ?? 'an answer', `${answer.errorType}: ${answer.error}`);
  if (each.expected === undefined) {
    return compare(
      name,
      { warnings: each.expectedWarnings ?? [], infos: each.expectedInfos ?? [] },
      { warnings: answer.warnings ?? [], infos: answer.infos ?? [] },
    );
  }
  return compareValues(name, pointsOf(each.expected), readPoints(answer.data));
}

interface Points {
  readonly type: string;
  readonly series: ReadonlyMap<string, readonly (readonly [tMs: number, value: number])[]>;
}

function pointsOf(expected: z.infer<typeof expectedSchema>): Points {
  const { type, value } = expected;
  if (type === 'scalar') return { type, series: new Map([['scalar', [[value.t, value.v]]]]) };
  if (type === 'vector') return { type, series: new Map(value.map(({ metric: labels, t, v }) => [seriesKey(labels), [[t, v]]])) };
  return { type, series: new Map(value.map(({ metric: labels, points }) => [seriesKey(labels), points])) };
}

const readSchema = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.enum(['vector', 'matrix']), result: z.array(seriesSchema) }),
  z.object({ resultType: z.literal('scalar'), result: z.tuple([z.number(), z.string()]) }),
]);

function readPoints(data: unknown): Points {
  const read = readSchema.parse(data);
  const point = ([t, v]: readonly [number, string]): [number, number] => [Math.round(t * 1000), toNumber(v)];
  if (read.resultType === 'scalar') return { type: 'scalar', series: new Map([['scalar', [point(read.result)]]]) };
  const points = (each: ReadSeries): [number, number][] => (each.value === undefined ? (each.values ?? []) : [each.value]).map(point);
  return { type: read.resultType, series: new Map(read.result.map((each) => [seriesKey(each.metric), points(each)])) };
}

function compareValues(name: string, expected: Points, got: Points): Outcome {
  const same =
    expected.type === got.type &&
    expected.series.size === got.series.size &&
    [...expected.series].every(([key, points]) => {
      const found = got.series.get(key);
      return (
        found?.length === points.length && points.every(([t, v], i) => t === found[i]?.[0] && almostEqual(v, found[i]?.[1] ?? Number.NaN))
      );
    });
  if (same) return { kind: 'passed', name };
  const shown = ({ type, series }: Points): string => `${type} ${print([...series].map(([key, points]) => [key, points.map(String)]))}`;
  return { kind: 'failed', name, expected: shown(expected), got: shown(got) };
}
