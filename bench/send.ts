// Sending a load by remote write, as several senders do, and looking whether it arrived.
//
//   lanes of requests ─▶ a connection each, none far ahead of the others ─▶ the server; one series back, whole

import { Agent, request } from 'node:http';

import { z } from 'zod';

import { type Load, STEP_MS } from './load.ts';
import { sleep } from './process.ts';

/** Lanes stay this close to one another, as real senders do. */
const LANE_LEAD_MAX = 8;
const RETRY_MAX = 200;
const REQUEST_MAX_MS = 60_000;

/** Of remote write 1.0, and of Loki's push, whose body is snappy by its type. */
const WRITE_HEADERS = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
};
export const PUSH_HEADERS: Readonly<Record<string, string>> = { 'content-type': 'application/x-protobuf' };

/** Sends every lane over a connection of its own; gives how often a request had to be sent again. Throws on a refusal that is none for now. */
export async function send(
  url: string,
  { lanes }: Pick<Load, 'lanes'>,
  headers: Readonly<Record<string, string>> = WRITE_HEADERS,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: lanes.length });
  const sent = lanes.map(() => 0);
  let retries = 0;
  await Promise.all(
    lanes.map(async (requests, lane) => {
      for (const [i, body] of requests.entries()) {
        while (i > Math.min(...sent) + LANE_LEAD_MAX) await sleep(1);
        for (let attempt = 0; ; attempt++) {
          const { status, text } = await postRequest(agent, url, { body, headers });
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

interface Sent {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** `fetch` would cost the machine more CPU than the answer is worth here. */
function postRequest(
  agent: Agent,
  url: string,
  { body, headers: given }: Sent,
): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { ...given, 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, method: 'POST', headers, signal: AbortSignal.timeout(REQUEST_MAX_MS) }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** A figure for samples that are not there would be worth nothing: one series must come back whole. */
export async function readBack(api: string, { probe, endMs }: Load, scrapes: number): Promise<void> {
  const query = new URLSearchParams({ query: `${probe}[${(scrapes * STEP_MS) / 1000 + 60}s]`, time: String(endMs / 1000) });
  const response = await fetch(`${api}/query?${query.toString()}`, { signal: AbortSignal.timeout(REQUEST_MAX_MS) });
  const schema = z.object({ data: z.object({ result: z.array(z.object({ values: z.array(z.unknown()) })) }) });
  const answer = schema.parse(await response.json());
  const found = answer.data.result[0]?.values.length;
  if (found !== scrapes) throw new Error(`${api}: ${probe} has ${found} samples of ${scrapes}`);
}
