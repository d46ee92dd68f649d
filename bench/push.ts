// What it costs to send a load of one signal into a server, and whether it arrived.
//
//   warm up ─▶ send ─▶ settle ─▶ read some back ─▶ figures, and all servers' as a table

import { forgetPeak, sleep } from './process.ts';
import { send } from './send.ts';
import { figure, type SignalServer } from './signal-servers.ts';
import { printTable } from './table.ts';

const WARM_UP_MS = 5_000;

export interface PushResult {
  readonly server: string;
  readonly rowsPerS: number;
  /** At the end of sending, and when the server has come to rest. */
  readonly cpuS: number | undefined;
  readonly settledCpuS: number | undefined;
  readonly rowsPerCpuS: number | undefined;
  readonly peakMiB: number | undefined;
  readonly diskMiB: number | undefined;
  readonly retries: number;
}

export interface PushLoad {
  /** Lines, or spans. */
  readonly rows: number;
  readonly lanes: readonly (readonly Uint8Array[])[];
  readonly headers: Readonly<Record<string, string>>;
}

/** `readBack` throws where what was sent is not there: a figure for that would be worth nothing. */
export async function measurePush<Api extends string>(
  server: SignalServer<Api>,
  load: PushLoad,
  readBack: (server: SignalServer<Api>) => Promise<void>,
): Promise<PushResult> {
  console.error(`${server.name} …`);
  await sleep(WARM_UP_MS);
  const before = server.usage();
  if (server.pid !== undefined) forgetPeak(server.pid);
  const started = performance.now();
  const retries = await send(`${server.url}${server.writePath}`, load, load.headers);
  const seconds = (performance.now() - started) / 1000;
  const sent = server.usage();
  const diskMiB = await server.settle();
  const settled = server.usage();
  await readBack(server);
  await server.stop();
  const cpuOf = (after: typeof sent): number | undefined =>
    after === undefined || before === undefined ? undefined : after.cpuS - before.cpuS;
  const settledCpuS = cpuOf(settled);
  return {
    server: server.name,
    rowsPerS: Math.round(load.rows / seconds),
    cpuS: cpuOf(sent),
    settledCpuS,
    rowsPerCpuS: settledCpuS === undefined ? undefined : Math.round(load.rows / settledCpuS),
    peakMiB: settled?.peakMiB,
    diskMiB,
    retries,
  };
}

/** `rows` names what a row is: `lines`. */
export function printPushes(rows: string, results: readonly PushResult[]): void {
  printTable([
    ['server', `${rows}/s`, 'CPU s', 'CPU s, settled', `${rows}/CPU s`, 'peak MiB', 'disk MiB', 'sent again'],
    ...results.map(({ server, rowsPerS, cpuS, settledCpuS, rowsPerCpuS, peakMiB, diskMiB, retries }) => [
      server,
      rowsPerS,
      figure(cpuS, 1),
      figure(settledCpuS, 1),
      figure(rowsPerCpuS),
      figure(peakMiB),
      figure(diskMiB, 1),
      retries,
    ]),
  ]);
}
