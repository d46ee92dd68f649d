// `npm run bench:logs [-- --lines N --peer loki=URL]`: Loki's push into Sightline and into the peers that run, one after the other.
//
//   load (made once) ─▶ for each server: send, settle, read a line back by its id ─▶ a table and one line of JSON
//
// Quote ratios between servers of one run: absolute figures drift from day to day.

import { parseArgs } from 'node:util';

import { loadEndMs } from './load.ts';
import { type LogLoad, makeLogLoad } from './log-load.ts';
import { needleQuestion } from './log-questions.ts';
import { figure, type LogServer, peerOf, startSightline } from './log-servers.ts';
import { forgetPeak, sleep } from './process.ts';
import { PUSH_HEADERS, send } from './send.ts';
import { inDirectory } from './servers.ts';
import { printTable } from './table.ts';

const WARM_UP_MS = 5_000;

interface Result {
  readonly server: string;
  readonly linesPerS: number;
  /** At the end of sending, and when the server has come to rest. */
  readonly cpuS: number | undefined;
  readonly settledCpuS: number | undefined;
  readonly linesPerCpuS: number | undefined;
  readonly peakMiB: number | undefined;
  readonly diskMiB: number | undefined;
  readonly retries: number;
}

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      lines: { type: 'string', default: '5000000' },
      streams: { type: 'string', default: '200' },
      hours: { type: 'string', default: '2' },
      lanes: { type: 'string', default: '4' },
      seed: { type: 'string', default: '1' },
      peer: { type: 'string', multiple: true, default: [] },
    },
  });
  console.error('making the load …');
  const [lines, streams, hours, lanes, seed] = [values.lines, values.streams, values.hours, values.lanes, values.seed].map(Number);
  const load = makeLogLoad({
    lines: lines ?? 0,
    streams: streams ?? 0,
    hours: hours ?? 0,
    lanes: lanes ?? 0,
    seed: seed ?? 0,
    endMs: loadEndMs(),
  });
  console.error(
    `${load.lines} lines of ${(load.lineBytes / 1e6).toFixed(0)} MB in ${load.lanes.flat().length} requests of ${(load.bytes / 1e6).toFixed(0)} MB`,
  );
  const results: Result[] = [];
  results.push(await inDirectory(async (dir) => measure(await startSightline(dir), load)));
  for (const peer of values.peer) results.push(await measure(peerOf(peer), load));
  printResults(results);
  console.log(JSON.stringify({ bench: 'logs', lines: load.lines, lineBytes: load.lineBytes, results }));
}

async function measure(server: LogServer, load: LogLoad): Promise<Result> {
  console.error(`${server.name} …`);
  await sleep(WARM_UP_MS);
  const before = server.usage();
  if (server.pid !== undefined) forgetPeak(server.pid);
  const started = performance.now();
  const retries = await send(`${server.url}${server.writePath}`, load, PUSH_HEADERS);
  const seconds = (performance.now() - started) / 1000;
  const sent = server.usage();
  const diskMiB = await server.settle();
  const settled = server.usage();
  await readBack(server, load);
  await server.stop();
  const cpuOf = (after: typeof sent): number | undefined =>
    after === undefined || before === undefined ? undefined : after.cpuS - before.cpuS;
  const settledCpuS = cpuOf(settled);
  return {
    server: server.name,
    linesPerS: Math.round(load.lines / seconds),
    cpuS: cpuOf(sent),
    settledCpuS,
    linesPerCpuS: settledCpuS === undefined ? undefined : Math.round(load.lines / settledCpuS),
    peakMiB: settled?.peakMiB,
    diskMiB,
    retries,
  };
}

/** A figure for lines that are not there would be worth nothing: each probe must be found, once. */
async function readBack({ url, api }: LogServer, load: LogLoad): Promise<void> {
  for (const probe of load.probes) {
    const { path, parameters, count } = needleQuestion(load, probe)[api];
    const response = await fetch(`${url}${path}?${new URLSearchParams(parameters).toString()}`);
    const found = count(await response.text());
    if (found !== 1) throw new Error(`${url}: ${found} lines with ${probe}`);
  }
}

function printResults(results: readonly Result[]): void {
  printTable([
    ['server', 'lines/s', 'CPU s', 'CPU s, settled', 'lines/CPU s', 'peak MiB', 'disk MiB', 'sent again'],
    ...results.map(({ server, linesPerS, cpuS, settledCpuS, linesPerCpuS, peakMiB, diskMiB, retries }) => [
      server,
      linesPerS,
      figure(cpuS, 1),
      figure(settledCpuS, 1),
      figure(linesPerCpuS),
      figure(peakMiB),
      figure(diskMiB, 1),
      retries,
    ]),
  ]);
}
