// `npm run bench [-- --series N --scrapes N --peers none]`: remote write into Sightline and into the peers that are installed, one after the other.
//
//   load (made once) ─▶ for each server: start, idle, send, settle, read one series back, stop ─▶ a table and one line of JSON
//
// Quote ratios between servers of one run: absolute figures drift from day to day.

import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { z } from 'zod';

import { makeLoad } from './load.ts';
import type { Load } from './load.ts';
import { diskMiB, forgetPeak, sleep, usageOf } from './process.ts';
import { peers, sightline } from './servers.ts';
import type { RunningServer, ServerKind } from './servers.ts';

/** Lanes stay this close to one another, as real senders do. */
const LANE_LEAD_MAX = 8;
const WARM_UP_MS = 20_000;
const SETTLE_MAX_MS = 120_000;
const SETTLE_LOOK_MS = 2_000;
const RETRY_MAX = 200;

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
  const endMs = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
  const load = makeLoad({
    series: Number(values.series),
    scrapes: Number(values.scrapes),
    lanes: Number(values.lanes),
    seed: Number(values.seed),
    endMs,
  });
  console.error(`${load.samples} samples in ${load.lanes.flat().length} requests, ${(load.bytes / 1e6).toFixed(0)} MB`);
  const kinds = [
    sightline,
    ...peers.filter(({ installed, name }) => installed && (values.peers === 'installed' || values.peers.split(',').includes(name))),
  ];
  const results: Result[] = [];
  for (const kind of kinds) results.push(await measure(kind, load, { scrapes: Number(values.scrapes), idleS: Number(values.idle) }));
  printTable(results);
  console.log(JSON.stringify({ bench: 'metrics-ingest', series: Number(values.series), scrapes: Number(values.scrapes), results }));
}

async function measure(
  kind: ServerKind,
  load: Load,
  { scrapes, idleS }: { readonly scrapes: number; readonly idleS: number },
): Promise<Result> {
  console.error(`${kind.name} …`);
  const dir = mkdtempSync(join(tmpdir(), 'sightline-bench-'));
  let server: RunningServer | undefined;
  try {
    server = await kind.start(dir);
    const { pid } = server;
    await sleep(2_000);
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
    await readBack(`${server.url}${kind.queryPath}`, load, scrapes);
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
  } finally {
    await server?.stop().catch(() => undefined);
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Sends every lane over a connection of its own; gives how often a request had to be sent again. Throws on a refusal that is none for now. */
async function send(url: string, { lanes }: Load): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: lanes.length });
  const sent = lanes.map(() => 0);
  let retries = 0;
  await Promise.all(
    lanes.map(async (requests, lane) => {
      for (const [i, body] of requests.entries()) {
        while (i > Math.min(...sent) + LANE_LEAD_MAX) await sleep(1);
        for (let attempt = 0; ; attempt++) {
          const { status, text } = await postRequest(agent, url, body);
          if (status >= 200 && status < 300) break;
          if ((status !== 429 && status < 500) || attempt >= RETRY_MAX) throw new Error(`${url}: ${status} ${text.slice(0, 300)}`);
          retries++;
          await sleep(Math.min(1000, 20 * (attempt + 1)));
        }
        sent[lane] = i + 1;
      }
    }),
  );
  agent.destroy();
  return retries;
}

/** `fetch` would cost the machine more CPU than the answer is worth here. */
function postRequest(agent: Agent, url: string, body: Uint8Array): Promise<{ readonly status: number; readonly text: string }> {
  const headers = {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'content-length': body.length,
    'x-prometheus-remote-write-version': '0.1.0',
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Waits until neither the directory nor the CPU time moves, and gives the directory's MiB. */
async function settle({ dataDir, pid }: RunningServer): Promise<number> {
  const deadline = performance.now() + SETTLE_MAX_MS;
  let before = { disk: -1, cpuS: -1 };
  let calm = 0;
  for (;;) {
    await sleep(SETTLE_LOOK_MS);
    const now = { disk: diskMiB(dataDir), cpuS: usageOf(pid).cpuS };
    calm = Math.abs(now.disk - before.disk) < 0.5 && now.cpuS - before.cpuS < 0.2 ? calm + 1 : 0;
    if (calm >= 5 || performance.now() > deadline) return now.disk;
    before = now;
  }
}

/** A figure for samples that are not there would be worth nothing: one series must come back whole. */
async function readBack(url: string, { probe, endMs }: Load, scrapes: number): Promise<void> {
  const query = new URLSearchParams({ query: `${probe}[${scrapes * 15 + 60}s]`, time: String(endMs / 1000) });
  const response = await fetch(`${url}?${query.toString()}`);
  const schema = z.object({ data: z.object({ result: z.array(z.object({ values: z.array(z.unknown()) })) }) });
  const answer = schema.parse(await response.json());
  const found = answer.data.result[0]?.values.length;
  if (found !== scrapes) throw new Error(`${url}: ${probe} has ${found} samples of ${scrapes}`);
}

function printTable(results: readonly Result[]): void {
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
  const rows = [columns.map(([title]) => title), ...results.map((result) => columns.map(([, cell]) => String(cell(result))))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  for (const row of rows)
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
