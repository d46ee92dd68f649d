// A ClickHouse server for tests: the HTTP interface that the driver speaks, over the embedded engine in this process.
//
// Source: ClickHouse documentation, "HTTP Interface". Errors come with `X-ClickHouse-Exception-Code`, settings as query parameters.

import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Session } from 'chdb';

export interface TestClickHouse extends AsyncDisposable {
  readonly url: string;
}

const NOT_SETTINGS = new Set([
  'query',
  'query_id',
  'database',
  'session_id',
  'wait_end_of_query',
  'readonly',
  'cancel_http_readonly_queries_on_client_close',
  'enable_http_compression',
]);

/** Serves the engine's store in `directory`, which the embedded client of the same process may use too. */
export async function startTestClickHouse(directory: string): Promise<TestClickHouse> {
  let statements = 0;
  const server = createServer((incoming, outgoing) => {
    answer({ incoming, outgoing, directory, tag: `http${statements++}` }).catch((error: unknown) => refuse(outgoing, error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/over_http`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly directory: string;
  readonly tag: string;
}

async function answer({ incoming, outgoing, directory, tag }: Exchange): Promise<void> {
  const { searchParams } = new URL(incoming.url ?? '/', 'http://localhost');
  const body = Buffer.concat(await incoming.toArray());
  const inUrl = searchParams.get('query');
  const settings = [...searchParams].filter(([name]) => !NOT_SETTINGS.has(name)).map(([name, value]) => `${name} = '${value}'`);
  using session = new Session(directory);
  session.query(`USE ${searchParams.get('database') ?? 'default'}`);
  outgoing.once('close', () => kill(directory, tag));
  if (inUrl === null) return await run(session, { statement: body.toString('utf8'), settings, tag }, outgoing);
  const file = join(directory, `${tag}.native`);
  await writeFile(file, body);
  const into = inUrl.replace(/ FORMAT Native\s*$/, '');
  const columns = /\((.*)\)/s.exec(into)?.[1] ?? '*';
  await run(session, { statement: `${into} SELECT ${columns} FROM file('${file}', 'Native')`, settings, tag }, outgoing);
  await rm(file);
}

interface Statement {
  readonly statement: string;
  readonly settings: readonly string[];
  readonly tag: string;
}

async function run(session: Session, { statement, settings, tag }: Statement, outgoing: ServerResponse): Promise<void> {
  const [, text = '', format] = /^(.*?)(?:\s+FORMAT\s+(\w+))?\s*;?\s*$/s.exec(statement) ?? [];
  const takesSettings = /^\s*(SELECT|INSERT)/i.test(text) && settings.length > 0;
  const whole = `/*${tag}*/ ${text}${takesSettings ? ` SETTINGS ${settings.join(', ')}` : ''}`;
  if (format === undefined) {
    await session.queryAsync(whole);
  } else {
    for await (const chunk of session.queryStream(whole, { format })) {
      if (outgoing.destroyed) break;
      if (!outgoing.write(chunk.raw())) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
    }
  }
  outgoing.end();
}

// A client that has gone ends its statement.
function kill(directory: string, tag: string): void {
  using session = new Session(directory);
  session.query(`KILL QUERY WHERE query LIKE '/*${tag}*/%' ASYNC`);
}

function refuse(outgoing: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  if (!outgoing.headersSent) outgoing.writeHead(500, { 'x-clickhouse-exception-code': /Code: (\d+)/.exec(message)?.[1] ?? '0' });
  outgoing.end(message);
}
