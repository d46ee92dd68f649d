// `npm run bench:traces [-- --traces N --only TEXT --peer tempo=URL]`: spans into Sightline and into the peers that run, and what questions about them take.
//
//   load (made once) ─▶ for each server: send, settle, read traces back, ask ─▶ two tables and one line of JSON
//
// Quote ratios between servers of one run: absolute figures drift from day to day.

import { parseArgs } from 'node:util';

import { loadEndMs } from './load.ts';
import { measurePush, printPushes, type PushResult } from './push.ts';
import { askAll, type AskedResult, printAnswers } from './questions.ts';
import { PUSH_HEADERS } from './send.ts';
import { inDirectory } from './servers.ts';
import { peerOf, type SignalServer, startSightline } from './signal-servers.ts';
import { TEMPO, TRACE_APIS, type TraceApi } from './trace-apis.ts';
import { makeTraceLoad, type TraceLoad } from './trace-load.ts';
import { traceQuestion, traceQuestions } from './trace-questions.ts';

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      traces: { type: 'string', default: '100000' },
      spans: { type: 'string', default: '10' },
      only: { type: 'string', default: '' },
      peer: { type: 'string', multiple: true, default: [] },
    },
  });
  console.error('making the load …');
  const load = makeTraceLoad({
    traces: Number(values.traces),
    spansPerTrace: Number(values.spans),
    minutes: 60,
    lanes: 4,
    seed: 1,
    endMs: loadEndMs(),
  });
  console.error(`${load.spans} spans in ${load.lanes.flat().length} requests of ${(load.bytes / 1e6).toFixed(0)} MB`);
  const questions = traceQuestions(load).filter(({ name }) => name.includes(values.only));
  const pushes: PushResult[] = [];
  const answers: AskedResult[] = [];
  const measure = async (server: SignalServer<TraceApi>): Promise<void> => {
    // Stopped by the questions, which come after.
    const running = { ...server, stop: async () => undefined };
    pushes.push(await measurePush(running, { rows: load.spans, lanes: load.lanes, headers: PUSH_HEADERS }, (sent) => readBack(sent, load)));
    answers.push(await askAll(server, questions));
  };
  await inDirectory(async (dir) => measure(await startSightline(dir, TEMPO)));
  for (const peer of values.peer) await measure(peerOf(peer, TRACE_APIS));
  printPushes('spans', pushes);
  printAnswers(questions, answers);
  console.log(JSON.stringify({ bench: 'traces', spans: load.spans, pushes, questions: questions.map(({ name }) => name), answers }));
}

/** Each probe must be found, whole. */
async function readBack({ url, api }: SignalServer<TraceApi>, load: TraceLoad): Promise<void> {
  for (const probe of load.probes) {
    const question = traceQuestion('', probe)[api];
    if (question === undefined) throw new Error(`${url}: there is no way to ask for one trace`);
    const response = await fetch(`${url}${question.path}`);
    const found = question.count(await response.text());
    if (found !== load.spansPerTrace) throw new Error(`${url}: trace ${probe} has ${found} spans of ${load.spansPerTrace}`);
  }
}
