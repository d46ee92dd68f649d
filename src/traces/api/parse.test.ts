// What a query and a name mean, asked of the routes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../../base/request-error.ts';
import type { Request, Route } from '../../server/route.ts';
import { traceqlParseRoutes } from './parse.ts';

const EMPTY: Request = {
  id: '1',
  method: 'GET',
  path: '/',
  params: {},
  query: new URLSearchParams(),
  tenants: ['t'],
  contentType: { type: '', params: {} },
  accept: '',
  headers: {},
  body: new Uint8Array(),
  signal: new AbortController().signal,
};

/** As the server asks: what a handler throws is drawn by its route. */
async function ask(path: string, query: Readonly<Record<string, string>>): Promise<{ readonly status: number; readonly body: unknown }> {
  const route: Route | undefined = traceqlParseRoutes().find((each) => each.path === path);
  assert.ok(route !== undefined);
  let reply;
  try {
    reply = await route.handle({ ...EMPTY, path, query: new URLSearchParams(query) });
  } catch (error) {
    assert.ok(error instanceof RequestError);
    reply = route.error(error);
  }
  assert.ok(typeof reply.body === 'string');
  const body: unknown = JSON.parse(reply.body);
  return { status: reply.status, body };
}

test('a query is explained, and what is wrong with it said', async () => {
  const parse = async (q: string): Promise<unknown> => (await ask('/api/traceql/parse', { q })).body;
  assert.deepEqual(await parse('{.a=1||.a=2}'), { kind: 'spans', canonical: '{ .a IN [1, 2] }', formatted: '{ (.a = 1) || (.a = 2) }' });
  assert.deepEqual(await parse('{}|rate()'), { kind: 'metrics', canonical: '{ true } | rate()', formatted: '{ true } | rate()' });
  assert.deepEqual(await parse('{1=name}'), {
    kind: 'spans',
    canonical: '{ 1 = name }',
    formatted: '{ 1 = name }',
    problem: 'binary operations must operate on the same type: 1 = name',
  });
  assert.deepEqual(await ask('/api/traceql/parse', { q: '{ .a ]' }), {
    status: 400,
    body: { error: 'parse error at line 1, col 6: syntax error: unexpected IDENTIFIER', from: 5, to: 6 },
  });
});

test('a name is explained', async () => {
  assert.deepEqual(await ask('/api/traceql/identifier', { identifier: 'parent.span."a b"' }), {
    status: 200,
    body: { resolves: 'parent.span.a b' },
  });
  assert.deepEqual(await ask('/api/traceql/identifier', { identifier: 'trace:rootService' }), {
    status: 200,
    body: { resolves: 'rootServiceName' },
  });
  assert.equal((await ask('/api/traceql/identifier', { identifier: '.a != nil' })).status, 400);
});
