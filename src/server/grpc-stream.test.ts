// gRPC answers of many messages, over real sockets with the client that SDKs use.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import { RequestError } from '../base/request-error.ts';
import type { GrpcRequest, GrpcRoute } from './route.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const MIB = 1024 * 1024;

/** Messages that the handler was asked for, and whether it was left. */
interface Seen {
  asked: number;
  left: boolean;
}

function methods(seen: Seen): readonly GrpcRoute[] {
  const method = (name: string, handle: (request: GrpcRequest) => AsyncIterable<Uint8Array>): GrpcRoute => ({
    kind: 'stream',
    path: `/test.Stream/${name}`,
    summary: '',
    access: 'read',
    handle,
  });
  async function* count({ message, tenants }: GrpcRequest): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < Number(Buffer.from(message).toString()); i++) yield Buffer.from(`${tenants.join()}${i}`);
  }
  async function* fail({ message }: GrpcRequest): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < Number(Buffer.from(message).toString()); i++) yield Buffer.alloc(0);
    throw new RequestError('bad_data', 'midway');
  }
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        seen.asked++;
        yield Buffer.alloc(MIB);
      }
    } finally {
      seen.left = true;
    }
  }
  async function* silent(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('first');
    await sleep(60_000, undefined, { ref: false });
  }
  return [method('Count', count), method('Fail', fail), method('Endless', endless), method('Silent', silent)];
}

class Caller implements Disposable {
  readonly #client: Client;

  constructor({ port }: TestServer) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  open(name: string, message: string, deadlineMs?: number): ClientReadableStream<Buffer> {
    const same = (bytes: Buffer): Buffer => bytes;
    const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
    return this.#client.makeServerStreamRequest(`/test.Stream/${name}`, same, same, Buffer.from(message), options);
  }

  /** All messages, and the code with which the answer ended. */
  async all(name: string, message: string, deadlineMs?: number): Promise<{ readonly messages: readonly string[]; readonly code: number }> {
    const messages: string[] = [];
    const stream = this.open(name, message, deadlineMs);
    const code = new Promise<number>((resolve) => {
      stream.on('error', (error: ServiceError) => resolve(error.code));
      stream.on('end', () => resolve(0));
    });
    stream.on('data', (bytes: Buffer) => messages.push(bytes.toString()));
    return { code: await code, messages };
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

test('messages come in order, none and empty ones too, and errors behind them', async () => {
  await using served = await startTestServer({ grpcRoutes: methods({ asked: 0, left: false }) });
  using caller = new Caller(served);
  assert.deepEqual(await caller.all('Count', '3'), { code: 0, messages: ['anonymous0', 'anonymous1', 'anonymous2'] });
  assert.deepEqual(await caller.all('Count', '0'), { code: 0, messages: [] });
  assert.deepEqual(await caller.all('Fail', '2'), { code: 3, messages: ['', ''] });
  assert.deepEqual(await caller.all('Fail', '0'), { code: 3, messages: [] });
  // A machine that is busy needs longer until the first message is there.
  let silent = await caller.all('Silent', '', 50);
  for (let deadlineMs = 200; silent.code === 4 && silent.messages.length === 0; deadlineMs *= 4)
    silent = await caller.all('Silent', '', deadlineMs);
  assert.deepEqual(silent, { code: 4, messages: ['first'] });
});

test('no more is asked of the handler than the client reads, and nothing when it goes away', async () => {
  const seen = { asked: 0, left: false };
  await using served = await startTestServer({ grpcRoutes: methods(seen) });
  using caller = new Caller(served);
  const stream = caller.open('Endless', '');
  const ended = new Promise((resolve) => stream.on('error', resolve));
  await new Promise((resolve) => stream.once('data', resolve));
  stream.pause();
  let before = -1;
  while (before !== seen.asked) {
    before = seen.asked;
    await sleep(50);
  }
  assert.ok(seen.asked < 100, `${seen.asked} MiB were written to a client that reads nothing`);
  stream.cancel();
  await ended;
  while (!seen.left || !/requests_in_flight 0\n/.test(served.metrics.render('text'))) await sleep(5);
});
