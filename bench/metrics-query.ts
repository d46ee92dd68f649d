// `npm run bench:queries [-- --series N --scrapes N --peers none]`: the questions of dashboards, to Sightline and to the peers, one server after the other.
//
//   load (made once) ─▶ for each server: start, send, settle, start anew, ask every question ─▶ a table per figure, and one line of JSON
//
// Quote ratios between servers of one run, on a machine that does nothing else: absolute figures drift from day to day.

import { parseArgs } from 'node:util';

import { type Answer, ask } from './ask.ts';
import { type Load, loadEndMs, makeLoad } from './load.ts';
import { forgetPeak, sleep, usageOf } from './process.ts';
import { type Question, questions, type Summary } from './query-set.ts';
import { readBack, send } from './send.ts';
import { choosePeers, inDirectory, type ServerKind, settle, sightline } from './servers.ts';
import { printTable } from './table.ts';

/** Nothing but the load: the program's own series would be part of the answers. */
const SETTINGS = ['host.enabled=false', 'selfScrape.interval=0'];
const REST_MS = 2_000;

interface Result {
  readonly server: string;
  /** In the order of the questions; the message where a question failed. */
  readonly answers: readonly (Answer | string)[];
  readonly ingestPeakMiB: number;
  readonly queryPeakMiB: number;
  readonly readyMs: number;
  readonly diskMiB: number;
}

/** What two servers may differ by: sums in their last digits, and VictoriaMetrics in more, for its `rate` does not extrapolate and looks back further. */
const SUM_TOLERANCE = 1e-9;

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      series: { type: 'string', default: '10000' },
      scrapes: { type: 'string', default: '1440' },
      seed: { type: 'string', default: '1' },
      peers: { type: 'string', default: 'installed' },
      only: { type: 'string', default: '' },
    },
  });
  const kinds = [sightline, ...choosePeers(values.peers)];
  const [series, scrapes, seed] = [Number(values.series), Number(values.scrapes), Number(values.seed)];
  console.error('making the load …');
  const load = makeLoad({ series, scrapes, lanes: 4, seed, endMs: loadEndMs() });
  const asked = questions({ startS: load.startMs / 1000, endS: load.endMs / 1000 }).filter(({ name }) => name.includes(values.only));
  const results: Result[] = [];
  for (const kind of kinds) results.push(await inDirectory((dir) => measure(kind, dir, { load, scrapes, asked })));
  printResults(asked, results);
  for (const warning of differences(asked, results)) console.log(`differs: ${warning}`);
  console.log(JSON.stringify({ bench: 'metrics-query', series, scrapes, questions: asked.map(({ name }) => name), results }));
}

interface Measured {
  readonly load: Load;
  readonly scrapes: number;
  readonly asked: readonly Question[];
}

async function measure(kind: ServerKind, dir: string, { load, scrapes, asked }: Measured): Promise<Result> {
  console.error(`${kind.name}: ${load.samples} samples in …`);
  const settings = kind === sightline ? SETTINGS : [];
  const writing = await kind.start(dir, settings);
  await send(`${writing.url}${kind.writePath}`, load);
  console.error(`${kind.name}: waiting for merges …`);
  const diskMiB = await settle(writing);
  await readBack(`${writing.url}${kind.apiPath}`, load, scrapes);
  const ingestPeakMiB = usageOf(writing.pid).peakMiB;
  await writing.stop();

  const server = await kind.start(dir, settings);
  await sleep(REST_MS);
  forgetPeak(server.pid);
  const answers: (Answer | string)[] = [];
  for (const question of asked) {
    console.error(`${kind.name}: ${question.name}`);
    const target = { pid: server.pid, api: `${server.url}${kind.apiPath}`, parameters: kind.queryParameters };
    answers.push(await ask(target, question).catch((error: unknown) => String(error)));
  }
  const queryPeakMiB = usageOf(server.pid).peakMiB;
  await server.stop();
  return { server: kind.name, answers, ingestPeakMiB, queryPeakMiB, readyMs: server.readyMs, diskMiB };
}

function printResults(asked: readonly Question[], results: readonly Result[]): void {
  const [own, ...peers] = results;
  if (own === undefined) return;
  const prometheus = peers.find(({ server }) => server === 'prometheus');
  const figures = ['ms', 'first', 'CPU ms'];
  const head = ['', ...results.flatMap(({ server }) => figures.map((figure) => `${shortName(server)} ${figure}`))];
  const ratios = peers.length === 0 ? [] : ['× prometheus', '× faster peer'];
  const rows = asked.map(({ name }, i) => {
    const answers = results.map((result) => result.answers[i]);
    const cells = answers.flatMap((answer) =>
      typeof answer === 'object' ? [answer.ms.toFixed(1), answer.firstMs.toFixed(1), answer.cpuMs.toFixed(0)] : ['failed', '', ''],
    );
    const ours = msOf(own.answers[i]);
    const fastest = Math.min(...peers.map((peer) => msOf(peer.answers[i])));
    return [name, ...cells, ...(ratios.length === 0 ? [] : [times(ours, msOf(prometheus?.answers[i])), times(ours, fastest)])];
  });
  printTable([[...head, ...ratios], ...rows]);
  console.log('\n× is how many times as long Sightline takes: below 1 it is the faster one.\n');
  printTable([
    ['server', 'peak MiB, queries', 'peak MiB, ingest', 'ready again ms', 'disk MiB'],
    ...results.map(({ server, queryPeakMiB, ingestPeakMiB, readyMs, diskMiB }) => [
      server,
      ...[queryPeakMiB, ingestPeakMiB, readyMs, diskMiB].map(Math.round),
    ]),
  ]);
  for (const { server, answers } of results)
    for (const answer of answers) if (typeof answer === 'string') console.log(`failed: ${server}: ${answer}`);
}

function shortName(server: string): string {
  return server === 'victoria-metrics' ? 'vm' : server;
}

function msOf(answer: Answer | string | undefined): number {
  return typeof answer === 'object' ? answer.ms : Number.NaN;
}

function times(ours: number, theirs: number): string {
  return Number.isFinite(ours / theirs) ? (ours / theirs).toFixed(2) : '–';
}

const VICTORIA_TOLERANCE = { sum: 0.03, points: 0.03 };

/** Each server's answers against the reference: Prometheus where it takes part, else Sightline. */
function differences(asked: readonly Question[], results: readonly Result[]): readonly string[] {
  const reference = results.find(({ server }) => server === 'prometheus') ?? results[0];
  if (reference === undefined) return [];
  const found: string[] = [];
  for (const [i, { name }] of asked.entries()) {
    const expected = reference.answers[i];
    for (const result of results) {
      const answer = result.answers[i];
      if (result === reference || typeof expected !== 'object' || typeof answer !== 'object') continue;
      const tolerance = result.server === 'victoria-metrics' || reference.server === 'victoria-metrics' ? VICTORIA_TOLERANCE : undefined;
      if (!alike(answer.summary, expected.summary, tolerance))
        found.push(`${name}: ${result.server} ${print(answer.summary)}, ${reference.server} ${print(expected.summary)}`);
    }
  }
  return found;
}

function alike(a: Summary, b: Summary, tolerance = { sum: SUM_TOLERANCE, points: 0 }): boolean {
  const near = (x: number, y: number, part: number): boolean => Math.abs(x - y) <= part * Math.max(Math.abs(x), Math.abs(y));
  return a.series === b.series && near(a.points, b.points, tolerance.points) && near(a.sum, b.sum, tolerance.sum);
}

function print({ series, points, sum }: Summary): string {
  return `${series} series ${points} points sum ${sum.toPrecision(12)}`;
}
