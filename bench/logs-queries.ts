// `npm run bench:logs-queries [-- --lines N --peer loki=URL --only NAME]`: the same lines in every server, and what questions about them take.
//
//   load ─▶ for each server: send, settle ─▶ each question, first and then again ─▶ a table with answers compared, and one line of JSON

import { parseArgs } from 'node:util';

import { type Answered, askLogs } from './ask.ts';
import { loadEndMs } from './load.ts';
import { type LogLoad, makeLogLoad } from './log-load.ts';
import { logQuestions, type LogQuestion } from './log-questions.ts';
import { figure, type LogServer, peerOf, startSightline } from './log-servers.ts';
import { forgetPeak } from './process.ts';
import { PUSH_HEADERS, send } from './send.ts';
import { inDirectory } from './servers.ts';
import { printTable } from './table.ts';

interface Result {
  readonly server: string;
  readonly answers: readonly (Answered | string)[];
  readonly peakMiB: number | undefined;
}

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
  const results: Result[] = [];
  results.push(await inDirectory(async (dir) => measure(await startSightline(dir), load, asked)));
  for (const peer of values.peer) results.push(await measure(peerOf(peer), load, asked));
  printResults(asked, results);
  console.log(JSON.stringify({ bench: 'logs-queries', lines: load.lines, questions: asked.map(({ name }) => name), results }));
}

async function measure(server: LogServer, load: LogLoad, asked: readonly LogQuestion[]): Promise<Result> {
  console.error(`${server.name}: ${load.lines} lines in …`);
  await send(`${server.url}${server.writePath}`, load, PUSH_HEADERS);
  await server.settle();
  if (server.pid !== undefined) forgetPeak(server.pid);
  const answers: (Answered | string)[] = [];
  for (const question of asked) {
    const { path, parameters, count } = question[server.api];
    const url = `${server.url}${path}?${new URLSearchParams(parameters).toString()}`;
    answers.push(await askLogs({ url, pid: server.pid, count }).catch((error: unknown) => String(error)));
  }
  const peakMiB = server.usage()?.peakMiB;
  await server.stop();
  return { server: server.name, answers, peakMiB };
}

function printResults(asked: readonly LogQuestion[], results: readonly Result[]): void {
  const head = ['', ...results.flatMap(({ server }) => ['ms', 'first', 'CPU ms', 'answer'].map((each) => `${server} ${each}`))];
  const rows = asked.map(({ name }, i) => [
    name,
    ...results.flatMap(({ answers }) => {
      const answer = answers[i];
      if (typeof answer !== 'object') return ['failed', '', '', ''];
      return [answer.ms.toFixed(1), answer.firstMs.toFixed(1), figure(answer.cpuMs), answer.found];
    }),
  ]);
  printTable([head, ...rows]);
  for (const { server, answers, peakMiB } of results) {
    console.log(`${server}: ${figure(peakMiB)} MiB at the peak of the questions`);
    for (const answer of answers) if (typeof answer === 'string') console.log(`failed: ${server}: ${answer}`);
  }
}
