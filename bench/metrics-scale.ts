// `npm run bench:scale [-- --max-series N --max-samples N --max-written N --scrapes N]`: how the cost of queries grows with active series and with stored samples.
//
//   sizes on two axes ─▶ for each: fill (remote write, or the storage client), settle, start anew, ask ─▶ figures, and their growth from size to size
//
// Growth is compared with that of what a question reads: 10 times the series must not cost more than 10 times as much, and 10 times the history
// nothing at all where only its last hour is asked about.

import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { type Answer, ask } from './ask.ts';
import { REQUEST_SERIES_PER_SITE, REQUESTS_METRIC, SERIES_PER_SITE } from './fleet.ts';
import { loadEndMs, makeLoad, ONE_SERIES, STEP_MS } from './load.ts';
import { forgetPeak, sleep, usageOf } from './process.ts';
import { instantQuestion, listQuestion, type Question, rangeQuestion } from './query-set.ts';
import { send } from './send.ts';
import { inDirectory, type RunningServer, runScript, settle, sightline } from './servers.ts';
import { printTable } from './table.ts';

const SEED = 1;
/** One hour, and the window of a rate before it. */
const HOUR_SCRAPES = 260;
const RATE_SCRAPES = 20;
const SIX_HOURS_S = 6 * 3600;
const FILL_MAX_MS = 3_600_000;
const SETTLE_MS_PER_MILLION = 1_000;
const SETTLE_MIN_MS = 60_000;
const REST_MS = 2_000;

/** The bounds of one query are raised: what is measured is the cost, not the limit. */
const SETTINGS = [
  'host.enabled=false',
  'selfScrape.interval=0',
  'limits.query.seriesMax=2000000',
  'limits.query.rowsMax=2000000000',
  'limits.query.memoryBytes=8GiB',
];

interface Size {
  readonly series: number;
  readonly scrapes: number;
}

interface Axis {
  readonly title: string;
  readonly sizes: readonly Size[];
}

/** The same length of time of ever more series, and ever more time of the same series. */
function axes(scrapes: number): readonly Axis[] {
  return [
    { title: `active series, ${scrapes} scrapes of each`, sizes: [10_000, 100_000, 1_000_000].map((series) => ({ series, scrapes })) },
    { title: 'stored samples, of 10,000 series', sizes: [1_000, 10_000, 100_000].map((each) => ({ series: 10_000, scrapes: each })) },
  ];
}

/** A question, and how much of a size it reads: samples, or series where it reads no samples. */
interface Scaled {
  readonly question: Question;
  readonly reads: (size: Size) => number;
}

interface Result {
  readonly series: number;
  readonly samples: number;
  readonly filledBy: 'remote write' | 'storage client';
  readonly fillS: number;
  readonly diskMiB: number;
  readonly readyMs: number;
  readonly rssMiB: number;
  readonly peakMiB: number;
  readonly answers: readonly (Answer | string)[];
}

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'max-series': { type: 'string', default: '100000' },
      'max-samples': { type: 'string', default: '30000000' },
      scrapes: { type: 'string', default: String(HOUR_SCRAPES) },
      // A size of more samples goes in through the storage client.
      'max-written': { type: 'string', default: '10000000' },
    },
  });
  const fits = ({ series, scrapes }: Size): boolean =>
    series <= Number(values['max-series']) && series * scrapes <= Number(values['max-samples']);
  const endMs = loadEndMs();
  const plan = { asked: scaledQuestions(endMs / 1000), endMs, writtenMax: Number(values['max-written']) };
  const all: Result[][] = [];
  for (const { title, sizes } of axes(Number(values.scrapes))) {
    const results: Result[] = [];
    const fitting = sizes.filter(fits);
    for (const size of fitting) results.push(await inDirectory((dir) => measure(dir, size, plan)));
    if (results.length > 0) printAxis(title, { asked: plan.asked, sizes: fitting, results });
    all.push(results);
  }
  console.log(JSON.stringify({ bench: 'metrics-scale', questions: plan.asked.map(({ question }) => question.name), axes: all }));
}

function scaledQuestions(endS: number): readonly Scaled[] {
  const rates = `rate(${REQUESTS_METRIC}[5m])`;
  const part = REQUEST_SERIES_PER_SITE / SERIES_PER_SITE;
  const lastHour = { startS: endS - 3600, endS };
  const sixHours = { startS: endS - SIX_HOURS_S, endS };
  const scrapesOf = ({ scrapes }: Size, seconds: number): number => Math.min(scrapes, (seconds * 1000) / STEP_MS);
  return [
    {
      question: rangeQuestion('sum(rate), last hour', `sum(${rates})`, lastHour, 60),
      reads: ({ series, scrapes }) => series * part * Math.min(scrapes, HOUR_SCRAPES),
    },
    { question: instantQuestion('topk(10, rate)', `topk(10, ${rates})`, lastHour), reads: ({ series }) => series * part * RATE_SCRAPES },
    { question: rangeQuestion('one series, 6 h', ONE_SERIES, sixHours, 60), reads: (size) => scrapesOf(size, SIX_HOURS_S) },
    { question: listQuestion('values of instance', '/label/instance/values', lastHour), reads: ({ series }) => series },
  ];
}

interface Plan {
  readonly asked: readonly Scaled[];
  readonly endMs: number;
  readonly writtenMax: number;
}

async function measure(dir: string, size: Size, { asked, endMs, writtenMax }: Plan): Promise<Result> {
  const samples = size.series * size.scrapes;
  const filledBy = samples <= writtenMax ? 'remote write' : 'storage client';
  console.error(`${size.series} series × ${size.scrapes} scrapes = ${samples} samples, by ${filledBy} …`);
  const started = performance.now();
  const filled = await fill(dir, size, { filledBy, endMs });
  const fillS = (performance.now() - started) / 1000;
  const diskMiB = await settle(filled, Math.max(SETTLE_MIN_MS, (samples / 1e6) * SETTLE_MS_PER_MILLION));
  await filled.stop();

  const server = await sightline.start(dir, SETTINGS);
  await sleep(REST_MS);
  forgetPeak(server.pid);
  const answers: (Answer | string)[] = [];
  for (const { question } of asked) {
    const target = { pid: server.pid, api: `${server.url}${sightline.apiPath}`, parameters: {} };
    answers.push(await ask(target, question).catch((error: unknown) => String(error)));
  }
  const { rssMiB, peakMiB } = usageOf(server.pid);
  await server.stop();
  return { series: size.series, samples, filledBy, fillS, diskMiB, readyMs: server.readyMs, rssMiB, peakMiB, answers };
}

/** Gives the program on the filled store, which then merges what came in. */
async function fill(
  dir: string,
  { series, scrapes }: Size,
  how: Pick<Result, 'filledBy'> & { readonly endMs: number },
): Promise<RunningServer> {
  const { filledBy, endMs } = how;
  if (filledBy === 'storage client')
    await runScript('bench/fill.ts', [join(dir, 'data'), ...[series, scrapes, SEED, endMs].map(String)], FILL_MAX_MS);
  const server = await sightline.start(dir, SETTINGS);
  if (filledBy === 'remote write')
    await send(`${server.url}${sightline.writePath}`, makeLoad({ series, scrapes, lanes: 4, seed: SEED, endMs }));
  return server;
}

interface Drawn {
  readonly asked: readonly Scaled[];
  readonly sizes: readonly Size[];
  readonly results: readonly Result[];
}

function printAxis(title: string, { asked, sizes, results }: Drawn): void {
  console.log(`\n${title}\n`);
  printTable([
    ['', 'samples', 'filled by', 'fill s', 'disk MiB', 'ready ms', 'RSS MiB', 'peak MiB'],
    ...results.map(({ series, samples, filledBy, fillS, diskMiB, readyMs, rssMiB, peakMiB }) => [
      `${count(series)} series`,
      count(samples),
      filledBy,
      ...[fillS, diskMiB, readyMs, rssMiB, peakMiB].map(Math.round),
    ]),
  ]);
  console.log('');
  const rows = asked.flatMap(({ question, reads }, i) =>
    results.map(({ series, samples, answers }, at) => {
      const size = sizes[at];
      const before = sizes[at - 1];
      const answer = answers[i];
      const label = `${question.name}: ${count(series)} series, ${count(samples)} samples`;
      if (typeof answer !== 'object' || size === undefined) return [label, 'failed', '', '', '', '', '', ''];
      const growth = before === undefined ? ['', '', '', ''] : growthOf(results[at - 1]?.answers[i], answer, reads(size) / reads(before));
      return [label, answer.ms.toFixed(1), answer.firstMs.toFixed(1), answer.cpuMs.toFixed(0), ...growth];
    }),
  );
  printTable([['', 'ms', 'first', 'CPU ms', 'reads ×', 'ms ×', 'first ×', 'of linear'], ...rows]);
  for (const { answers } of results) for (const answer of answers) if (typeof answer === 'string') console.log(`failed: ${answer}`);
}

/** How many times as much is read as at the size before, how many times as long it takes, again and at first, and the times' ratio to linear growth: 1. */
function growthOf(before: Answer | string | undefined, { ms, firstMs }: Answer, read: number): readonly string[] {
  if (typeof before !== 'object') return [read.toFixed(1), '', '', ''];
  return [read, ms / before.ms, firstMs / before.firstMs, ms / before.ms / read].map((ratio) => ratio.toFixed(ratio < 1 ? 2 : 1));
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}
