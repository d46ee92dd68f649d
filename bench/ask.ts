// Asking a server and taking the time: one question, first as the server stands, then again and again.
//
//   question ─▶ GET over a connection that is kept ─▶ ms until the last byte, CPU time of the server, what the answer comes to

import { Agent, request } from 'node:http';

import { usageOf } from './process.ts';
import { type Question, type Summary, summarize } from './query-set.ts';

const RUNS = 5;
/** Longer than the servers' own bounds of a query. */
const ANSWER_MAX_MS = 180_000;
/** A question slower than this is asked once: its median would tell nothing new, and the run shall end. */
const SLOW_MS = 20_000;

export interface Answer {
  readonly firstMs: number;
  /** Median of those after the first. */
  readonly ms: number;
  /** Of the server's process, per run after the first. */
  readonly cpuMs: number;
  readonly summary: Summary;
}

export interface Asked {
  readonly pid: number;
  /** Base of the query API. */
  readonly api: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Throws where the server refuses the question, answers something else, or does not answer in time. */
export async function ask({ pid, api, parameters }: Asked, { name, path, parameters: own }: Question): Promise<Answer> {
  const query = new URLSearchParams({ ...own, ...parameters });
  const url = `${api}${path}?${query.toString()}`;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const firstFrom = usageOf(pid).cpuS;
    const first = await get(agent, url);
    if (first.status !== 200) throw new Error(`${name}: ${first.status} ${first.body.slice(0, 300)}`);
    const summary = summarize(first.body);
    const from = usageOf(pid).cpuS;
    if (first.ms > SLOW_MS) return { firstMs: first.ms, ms: first.ms, cpuMs: 1000 * (from - firstFrom), summary };
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) times.push((await get(agent, url)).ms);
    const cpuMs = (1000 * (usageOf(pid).cpuS - from)) / RUNS;
    times.sort((a, b) => a - b);
    return { firstMs: first.ms, ms: times[RUNS >> 1] ?? 0, cpuMs, summary };
  } finally {
    agent.destroy();
  }
}

/** As `Answer`, of a server whose process may be unknown. */
export interface Answered {
  readonly firstMs: number;
  readonly ms: number;
  readonly cpuMs: number | undefined;
  readonly found: number;
}

/** Asks one address of any API; `count` says what an answer comes to. Throws as `ask` does. */
export async function askAny({
  url,
  pid,
  count,
}: {
  readonly url: string;
  readonly pid: number | undefined;
  readonly count: (body: string) => number;
}): Promise<Answered> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const cpuS = (): number => (pid === undefined ? Number.NaN : usageOf(pid).cpuS);
  try {
    const first = await get(agent, url);
    // What is not there is an answer too: `count` says of what.
    if (first.status !== 200 && first.status !== 404) throw new Error(`${url}: ${first.status} ${first.body.slice(0, 300)}`);
    const from = cpuS();
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) times.push((await get(agent, url)).ms);
    times.sort((a, b) => a - b);
    return {
      firstMs: first.ms,
      ms: times[RUNS >> 1] ?? 0,
      cpuMs: pid === undefined ? undefined : (1000 * (cpuS() - from)) / RUNS,
      found: count(first.body),
    };
  } finally {
    agent.destroy();
  }
}

interface Timed {
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

function get(agent: Agent, url: string): Promise<Timed> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, signal: AbortSignal.timeout(ANSWER_MAX_MS) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const ms = performance.now() - started;
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), ms });
      });
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
