// `npm run bench:logs-queries [-- --lines N --peer loki=URL --only NAME]`: the same lines in every server, and what questions about them take.
//
//   load ─▶ for each server: send, settle ─▶ each question, first and then again ─▶ a table with answers compared, and one line of JSON

import { parseArgs } from 'node:util';

import { loadEndMs } from './load.ts';
import { LOG_APIS, LOKI, type LogApi } from './log-apis.ts';
import { makeLogLoad } from './log-load.ts';
import { logQuestions } from './log-questions.ts';
import { askAll, type AskedResult, printAnswers } from './questions.ts';
import { PUSH_HEADERS, send } from './send.ts';
import { inDirectory } from './servers.ts';
import { peerOf, type SignalServer, startSightline } from './signal-servers.ts';

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      lines: { type: 'string', default: '5000000' },
      streams: { type: 'string', default: '200' },
      only: { type: 'string', default: '' },
      peer: { type: 'string', multiple: true, default: [] },
    },
  });
  console.error('making the load …');
  const load = makeLogLoad({
    lines: Number(values.lines),
    streams: Number(values.streams),
    hours: 2,
    lanes: 4,
    seed: 1,
    endMs: loadEndMs(),
  });
  const asked = logQuestions(load).filter(({ name }) => name.includes(values.only));
  const measure = async (server: SignalServer<LogApi>): Promise<AskedResult> => {
    console.error(`${server.name}: ${load.lines} lines in …`);
    await send(`${server.url}${server.writePath}`, load, PUSH_HEADERS);
    await server.settle();
    return askAll(server, asked);
  };
  const results: AskedResult[] = [];
  results.push(await inDirectory(async (dir) => measure(await startSightline(dir, LOKI))));
  for (const peer of values.peer) results.push(await measure(peerOf(peer, LOG_APIS)));
  printAnswers(asked, results);
  console.log(JSON.stringify({ bench: 'logs-queries', lines: load.lines, questions: asked.map(({ name }) => name), results }));
}
