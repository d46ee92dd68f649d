// `npm run bench [-- --series N --scrapes N --peers none]`: remote write into Sightline and into the peers that are installed, one after the other.
//
//   load (made once) ─▶ for each server: start, idle, send, settle, read one series back, stop ─▶ a table and one line of JSON
//
// Quote ratios between servers of one run: absolute figures drift from day to day.

import { parseArgs } from 'node:util';

import { loadEndMs, makeLoad } from './load.ts';
import type { Load } from './load.ts';
import { forgetPeak, sleep, usageOf } from './process.ts';
import { readBack, send } from './send.ts';
import { choosePeers, inDirectory, settle, sightline } from './servers.ts';
import type { ServerKind } from './servers.ts';
import { printTable } from './table.ts';

const WARM_UP_MS = 20_000;

interface Result {
  readonly server: string;
  readonly samples: number;
  readonly samplesPerS: number;
  readonly cpuS: number;
  readonly samplesPerCpuS: number;
  readonly peakMiB: number;
  readonly diskMiB: number;
  readonly bytesPerSample: number;
  readonly readyMs: number;
  readonly idleMiB: number;
  /** Per cent of one core. */
  readonly idleCpuPercent: number;
  readonly retries: number;
}

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      series: { type: 'string', default: '10000' },
      scrapes: { type: 'string', default: '1440' },
      lanes: { type: 'string', default: '4' },
      seed: { type: 'string', default: '1' },
      idle: { type: 'string', default: '20' },
      peers: { type: 'string', default: 'installed' },
    },
  });
  console.error('making the load …');
  const load = makeLoad({
    series: Number(values.series),
    scrapes: Number(values.scrapes),
    lanes: Number(values.lanes),
    seed: Number(values.seed),
    endMs: loadEndMs(),
  });
  console.error(`${load.samples} samples in ${load.lanes.flat().length} requests, ${(load.bytes / 1e6).toFixed(0)} MB`);
  const kinds = [sightline, ...choosePeers(values.peers)];
  const results: Result[] = [];
  for (const kind of kinds)
    results.push(await inDirectory((dir) => measure(kind, dir, { load, scrapes: Number(values.scrapes), idleS: Number(values.idle) })));
  printResults(results);
  console.log(JSON.stringify({ bench: 'metrics-ingest', series: Number(values.series), scrapes: Number(values.scrapes), results }));
}

async function measure(
  kind: ServerKind,
  dir: string,
  { load, scrapes, idleS }: { readonly load: Load; readonly scrapes: number; readonly idleS: number },
): Promise<Result> {
  console.error(`${kind.name} …`);
  const server = await kind.start(dir);
  const { pid } = server;
  // Rest begins after the first scrapes, which still compile what they run.
  await sleep(WARM_UP_MS);
  const idleFrom = usageOf(pid);
  await sleep(idleS * 1000);
  const idle = usageOf(pid);
  forgetPeak(pid);
  const started = performance.now();
  const retries = await send(`${server.url}${kind.writePath}`, load);
  const seconds = (performance.now() - started) / 1000;
  const sent = usageOf(pid);
  const settledMiB = await settle(server);
  const settled = usageOf(pid);
  await readBack(`${server.url}${kind.apiPath}`, load, scrapes);
  await server.stop();
  const cpuS = settled.cpuS - idle.cpuS;
  return {
    server: kind.name,
    samples: load.samples,
    samplesPerS: Math.round(load.samples / seconds),
    cpuS: round(cpuS),
    samplesPerCpuS: Math.round(load.samples / cpuS),
    peakMiB: Math.round(Math.max(sent.peakMiB, settled.peakMiB)),
    diskMiB: round(settledMiB),
    bytesPerSample: round((settledMiB * 1024 * 1024) / load.samples),
    readyMs: Math.round(server.readyMs),
    idleMiB: Math.round(idle.rssMiB),
    idleCpuPercent: round((100 * (idle.cpuS - idleFrom.cpuS)) / idleS),
    retries,
  };
}

function printResults(results: readonly Result[]): void {
  const columns: readonly (readonly [title: string, cell: (result: Result) => string | number])[] = [
    ['server', ({ server }) => server],
    ['samples/s', ({ samplesPerS }) => samplesPerS],
    ['CPU s', ({ cpuS }) => cpuS],
    ['samples/CPU s', ({ samplesPerCpuS }) => samplesPerCpuS],
    ['peak MiB', ({ peakMiB }) => peakMiB],
    ['disk MiB', ({ diskMiB: disk }) => disk],
    ['bytes/sample', ({ bytesPerSample }) => bytesPerSample],
    ['ready ms', ({ readyMs }) => readyMs],
    ['idle MiB', ({ idleMiB }) => idleMiB],
    ['idle CPU %', ({ idleCpuPercent }) => idleCpuPercent],
  ];
  printTable([columns.map(([title]) => title), ...results.map((result) => columns.map(([, cell]) => cell(result)))]);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
