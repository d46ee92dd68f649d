// Questions that servers are asked in APIs of their own, what each takes, and a table in which the answers can be compared.

import { type Answered, askAny } from './ask.ts';
import { forgetPeak } from './process.ts';
import { figure, type SignalServer } from './signal-servers.ts';
import { printTable } from './table.ts';

export interface ApiRequest {
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** What can be compared of an answer: lines, spans, points or names. Throws when it is none of the API's. */
  readonly count: (body: string) => number;
}

/** A question in each API; undefined in one that cannot say it. */
export type ApiQuestion<Api extends string> = { readonly name: string } & Readonly<Record<Api, ApiRequest | undefined>>;

export interface AskedResult {
  readonly server: string;
  readonly answers: readonly (Answered | string)[];
  readonly peakMiB: number | undefined;
}

/** Asks a server that holds the load and is calm. */
export async function askAll<Api extends string>(server: SignalServer<Api>, questions: readonly ApiQuestion<Api>[]): Promise<AskedResult> {
  if (server.pid !== undefined) forgetPeak(server.pid);
  const answers: (Answered | string)[] = [];
  for (const question of questions) {
    const request: ApiRequest | undefined = question[server.api];
    if (request === undefined) {
      answers.push('not in this language');
      continue;
    }
    const { path, parameters, count } = request;
    const url = `${server.url}${path}?${new URLSearchParams(parameters).toString()}`;
    answers.push(await askAny({ url, pid: server.pid, count }).catch((error: unknown) => String(error)));
  }
  const peakMiB = server.usage()?.peakMiB;
  await server.stop();
  return { server: server.name, answers, peakMiB };
}

export function printAnswers(questions: readonly { readonly name: string }[], results: readonly AskedResult[]): void {
  const head = ['', ...results.flatMap(({ server }) => ['ms', 'first', 'CPU ms', 'answer'].map((each) => `${server} ${each}`))];
  const rows = questions.map(({ name }, i) => [
    name,
    ...results.flatMap(({ answers }) => {
      const answer = answers[i];
      if (typeof answer !== 'object') return ['–', '', '', ''];
      return [answer.ms.toFixed(1), answer.firstMs.toFixed(1), figure(answer.cpuMs), answer.found];
    }),
  ]);
  printTable([head, ...rows]);
  for (const { server, answers, peakMiB } of results) {
    console.log(`${server}: ${figure(peakMiB)} MiB at the peak of the questions`);
    for (const [i, answer] of answers.entries()) if (typeof answer === 'string') console.log(`${server}, ${questions[i]?.name}: ${answer}`);
  }
}
