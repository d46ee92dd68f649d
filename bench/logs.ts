// `npm run bench:logs [-- --lines N --peer loki=URL]`: Loki's push into Sightline and into the peers that run, one after the other.
//
//   load (made once) ─▶ for each server: send, settle, read a line back by its id ─▶ a table and one line of JSON
//
// Quote ratios between servers of one run: absolute figures drift from day to day.

import { parseArgs } from 'node:util';

import { loadEndMs } from './load.ts';
import { LOG_APIS, LOKI, type LogApi } from './log-apis.ts';
import { type LogLoad, makeLogLoad } from './log-load.ts';
import { needleQuestion } from './log-questions.ts';
import { measurePush, printPushes, type PushResult } from './push.ts';
import { PUSH_HEADERS } from './send.ts';
import { inDirectory } from './servers.ts';
import { peerOf, type SignalServer, startSightline } from './signal-servers.ts';

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
  const measure = (server: SignalServer<LogApi>): Promise<PushResult> =>
    measurePush(server, { rows: load.lines, lanes: load.lanes, headers: PUSH_HEADERS }, (sent) => readBack(sent, load));
  const results: PushResult[] = [];
  results.push(await inDirectory(async (dir) => measure(await startSightline(dir, LOKI))));
  for (const peer of values.peer) results.push(await measure(peerOf(peer, LOG_APIS)));
  printPushes('lines', results);
  console.log(JSON.stringify({ bench: 'logs', lines: load.lines, lineBytes: load.lineBytes, results }));
}

/** Each probe must be found, once. */
async function readBack({ url, api }: SignalServer<LogApi>, load: LogLoad): Promise<void> {
  for (const probe of load.probes) {
    const question = needleQuestion(load, probe)[api];
    if (question === undefined) throw new Error(`${url}: there is no way to ask for one line`);
    const { path, parameters, count } = question;
    const response = await fetch(`${url}${path}?${new URLSearchParams(parameters).toString()}`);
    const found = count(await response.text());
    if (found !== 1) throw new Error(`${url}: ${found} lines with ${probe}`);
  }
}
