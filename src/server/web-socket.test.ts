// WebSockets over real connections: who may connect, what comes over, and how it ends.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { WebSocket as WsClient } from 'ws';
import { RequestError } from '../base/request-error.ts';
import { plainError, type Request, type Socket, type SocketRoute } from './route.ts';
import { converse, startTestServer, type TestServerOptions } from './test-server.ts';

interface Opened {
  readonly request: Request;
  readonly socket: Socket;
  readonly closed: Promise<void>;
}

/** A route that greets, and what it was opened with. */
function greeter(path = '/tail/:name'): { readonly route: SocketRoute; readonly opened: Opened[] } {
  const opened: Opened[] = [];
  const route: SocketRoute = {
    path,
    summary: '',
    access: 'read',
    headers: ['x-flags'],
    error: plainError,
    open(request) {
      if (request.query.get('query') === 'bad') throw new RequestError('bad_data', 'parse error');
      return (socket) => {
        opened.push({ request, socket, closed: new Promise((resolve) => socket.onClose(resolve)) });
        socket.send('hello');
        socket.send(Buffer.from('wörld'));
      };
    },
  };
  return { route, opened };
}

async function start(options: TestServerOptions = {}) {
  const { route, opened } = greeter();
  const served = await startTestServer({ ...options, socketRoutes: [route] });
  return { ...served, opened, ws: `ws://127.0.0.1:${served.port}` };
}

async function texts(client: WebSocket, count: number): Promise<readonly string[]> {
  const got: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.addEventListener('error', () => reject(new Error('refused')));
  client.addEventListener('message', ({ data }) => {
    got.push(String(data));
    if (got.length === count) resolve();
  });
  await promise;
  return got;
}

const upgrade = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nhost: a:1\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${more}\r\n`;

test("Node's own client and ws are spoken to; the handler sees what it asked for", async () => {
  await using served = await start();
  const own = new WebSocket(`${served.ws}/tail/a%20b?query=x&n=1`);
  assert.deepEqual(await texts(own, 2), ['hello', 'wörld']);
  const other = new WsClient(`${served.ws}/tail/c`, { headers: { 'x-scope-orgid': 'one|two', 'x-flags': 'f' } });
  const [first] = await once(other, 'message');
  assert.equal(String(first), 'hello');
  const [a, b] = served.opened.map(({ request }) => request);
  assert.deepEqual(
    [a?.params, [...(a?.query ?? [])], a?.tenants],
    [
      { name: 'a b' },
      [
        ['query', 'x'],
        ['n', '1'],
      ],
      ['anonymous'],
    ],
  );
  assert.deepEqual([b?.tenants, b?.headers], [['one', 'two'], { 'x-flags': 'f' }]);
  own.close();
  other.terminate();
  await Promise.all(served.opened.map(({ closed }) => closed));
});

test('a page says headers as parameters; a header goes before them', async () => {
  await using served = await start();
  const path = `${served.ws}/tail/c?x-scope-orgid=three&x-flags=g`;
  const page = new WebSocket(path);
  await texts(page, 1);
  const other = new WsClient(path, { headers: { 'x-scope-orgid': 'one', 'x-flags': 'f' } });
  await once(other, 'message');
  assert.deepEqual(
    served.opened.map(({ request: { tenants, headers } }) => [tenants, headers]),
    [
      [['three'], { 'x-flags': 'g' }],
      [['one'], { 'x-flags': 'f' }],
    ],
  );
  assert.match(await converse(served.port, upgrade('/tail/a?x-scope-orgid=../x')), /^HTTP\/1\.1 400 /);
  page.close();
  other.terminate();
  await Promise.all(served.opened.map(({ closed }) => closed));
});

test('an error before the upgrade is an HTTP answer', async () => {
  await using served = await start();
  assert.match(await converse(served.port, upgrade('/tail/a?query=bad')), /^HTTP\/1\.1 400 .*parse error/s);
  assert.match(await converse(served.port, upgrade('/tail/a', 'x-scope-orgid: ../x\r\n')), /^HTTP\/1\.1 400 /);
  assert.match(await converse(served.port, upgrade('/tail/%zz')), /^HTTP\/1\.1 400 /);
  const plain = await fetch(`${served.url}/tail/a`);
  assert.equal(plain.status, 400);
  assert.match(await plain.text(), /WebSocket/);
  assert.equal(served.opened.length, 0);
});

test('other upgrades and other paths are ordinary requests', async () => {
  await using served = await start();
  assert.match(await converse(served.port, upgrade('/other').replace('upgrade\r\n', 'upgrade, close\r\n')), /404/);
  assert.match(
    await converse(served.port, 'GET /tail/a HTTP/1.1\r\nhost: a\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n'),
    /^HTTP\/1\.1 400 /,
  );
});

test('pages of other origins may connect only where the settings say so', async () => {
  await using served = await start({ settings: { corsOrigins: ['https://shop.example'] } });
  for (const [origin, status] of [
    ['https://evil.example', 403],
    ['null', 403],
    ['https://shop.example', 101],
    ['http://a:1', 101],
  ] as const) {
    const socket = connect(served.port, '127.0.0.1', () => socket.write(upgrade('/tail/a', `origin: ${origin}\r\n`)));
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), new RegExp(`^HTTP/1.1 ${status} `), origin);
    socket.destroy();
  }
});

test('a message that is too long, and a handler that closes', async () => {
  await using served = await start();
  const loud = new WsClient(`${served.ws}/tail/a`);
  await once(loud, 'open');
  loud.send('x'.repeat(100_000));
  assert.equal((await once(loud, 'close'))[0], 1009);
  const quiet = new WsClient(`${served.ws}/tail/a`);
  await once(quiet, 'message');
  served.opened.at(-1)?.socket.close(1011, 'é'.repeat(200));
  const [code, reason] = await once(quiet, 'close');
  assert.deepEqual([code, String(reason)], [1011, 'é'.repeat(61)]);
});

test('a client that answers no ping is cut off, one that does stays', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  await using served = await start({ socketPingIntervalMs: 1000 });
  const deaf = new WsClient(`${served.ws}/tail/deaf`, { autoPong: false });
  const alive = new WsClient(`${served.ws}/tail/alive`);
  await Promise.all([once(alive, 'message'), once(deaf, 'message')]);
  const pinged = once(alive, 'ping');
  t.mock.timers.tick(1000);
  await pinged;
  // The server answers behind the answer that it has got from this client.
  const heard = once(alive, 'pong');
  alive.ping();
  await heard;
  const again = once(alive, 'ping');
  const closed = once(deaf, 'close');
  t.mock.timers.tick(1000);
  await Promise.all([again, closed]);
  assert.equal(alive.readyState, WsClient.OPEN);
  alive.terminate();
});

test('the stop says good-bye, and takes no more', async () => {
  const served = await start({ drainTimeoutMs: 60_000 });
  const client = new WsClient(`${served.ws}/tail/a`);
  await once(client, 'message');
  const closed = once(client, 'close');
  await served.server.stop();
  assert.equal((await closed)[0], 1001);
  await Promise.all(served.opened.map((one) => one.closed));
});

test('the stop cuts off a client that does not answer', async () => {
  const served = await start({ drainTimeoutMs: 50 });
  const socket = connect(served.port, '127.0.0.1', () => socket.write(upgrade('/tail/a')));
  await once(socket, 'data');
  const ended = once(socket, 'close');
  await served.server.stop();
  await ended;
});
