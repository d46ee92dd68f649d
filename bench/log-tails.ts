// `npm run bench:tails [-- --tails N --seconds N --rate N]`: many live tails at once, and how long a line takes from its push to each of them.
//
//   tails (WebSockets, each with a filter) ◀── Sightline ◀── pushes, each line with the moment of its sending ─▶ latencies, CPU, memory

import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { z } from 'zod';

import { LOKI } from './log-apis.ts';
import { startSightline } from './signal-servers.ts';
import { sleep, usageOf } from './process.ts';
import { inDirectory } from './servers.ts';
import { printTable } from './table.ts';

const messageSchema = z.object({
  streams: z.array(z.object({ values: z.array(z.tuple([z.string(), z.string()]).rest(z.unknown())) })),
  dropped_entries: z.array(z.unknown()).nullish(),
});
const LAST_LINES_MS = 2_000;
const PUSHES_PER_S = 10;
const SHARED_SETTINGS_TAILS = 10;

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tails: { type: 'string', default: '500' },
      seconds: { type: 'string', default: '20' },
      rate: { type: 'string', default: '100' },
    },
  });
  const [tails = 0, seconds = 0, rate = 0] = [values.tails, values.seconds, values.rate].map(Number);
  const result = await inDirectory((dir) => measure(dir, { tails, seconds, rate }));
  printTable([Object.keys(result), Object.values(result)]);
  console.log(JSON.stringify({ bench: 'log-tails', ...result }));
}

interface Options {
  readonly tails: number;
  readonly seconds: number;
  /** Lines a second. */
  readonly rate: number;
}

async function measure(dir: string, { tails, seconds, rate }: Options): Promise<Readonly<Record<string, number>>> {
  const server = await startSightline(dir, LOKI, [`limits.logs.tailsMax=${tails + SHARED_SETTINGS_TAILS}`]);
  const latencies: number[] = [];
  let dropped = 0;
  const sockets = await Promise.all(
    Array.from({ length: tails }, (_, i) =>
      openTail(server.url, i, (text) => {
        const now = performance.now();
        const message = messageSchema.parse(JSON.parse(text));
        dropped += message.dropped_entries?.length ?? 0;
        for (const { values } of message.streams)
          for (const [, line] of values) latencies.push(now - Number(/sent=([\d.]+)/.exec(line)?.[1]));
      }),
    ),
  );
  const pid = server.pid ?? 0;
  const before = usageOf(pid);
  const sent = await pushLines(server.url, { seconds, rate });
  await sleep(LAST_LINES_MS);
  const after = usageOf(pid);
  for (const socket of sockets) socket.terminate();
  await server.stop();
  latencies.sort((a, b) => a - b);
  const at = (part: number): number => Math.round((latencies[Math.floor((latencies.length - 1) * part)] ?? Number.NaN) * 10) / 10;
  return {
    tails,
    sent,
    received: latencies.length,
    expected: sent * tails,
    dropped,
    'p50 ms': at(0.5),
    'p99 ms': at(0.99),
    'max ms': at(1),
    'CPU %': Math.round((100 * (after.cpuS - before.cpuS)) / (seconds + LAST_LINES_MS / 1000)),
    'peak MiB': Math.round(after.peakMiB),
  };
}

/** Every tail takes all lines: every second one through a parser. */
function openTail(url: string, number: number, take: (text: string) => void): Promise<WebSocket> {
  const query = number % 2 === 0 ? '{app="tailed"} |= "sent="' : '{app="tailed"} | logfmt | n >= 0';
  const socket = new WebSocket(`${url.replace('http', 'ws')}/loki/api/v1/tail?${new URLSearchParams({ query }).toString()}`);
  socket.on('message', (data: Buffer) => take(data.toString()));
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function pushLines(url: string, { seconds, rate }: Omit<Options, 'tails'>): Promise<number> {
  const perPush = Math.max(1, Math.round(rate / PUSHES_PER_S));
  let sent = 0;
  for (let push = 0; push < seconds * PUSHES_PER_S; push++) {
    const begun = performance.now();
    const values = Array.from({ length: perPush }, (_, i) => [
      `${Date.now()}${String(i).padStart(6, '0')}`,
      `level=info n=${sent + i} sent=${begun.toFixed(2)} msg="a line that is followed"`,
    ]);
    const body = JSON.stringify({ streams: [{ stream: { app: 'tailed' }, values }] });
    const response = await fetch(`${url}/loki/api/v1/push`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (response.status !== 204) throw new Error(`push: ${response.status} ${await response.text()}`);
    sent += perPush;
    await sleep(Math.max(0, begun + 1000 / PUSHES_PER_S - performance.now()));
  }
  return sent;
}
