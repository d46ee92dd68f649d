// Paths to routes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noContent, plainError, type Method, type Route } from './route.ts';
import { atBase, Router } from './router.ts';

function route(method: Method, path: string): Route {
  return { method, path, summary: '', access: 'open', error: plainError, handle: () => noContent };
}

const router = new Router([
  route('GET', '/'),
  route('GET', '/metrics'),
  route('POST', '/metrics/job/*rest'),
  route('PUT', '/metrics/job/*rest'),
  route('GET', '/api/v1/label/:name/values'),
  route('GET', '/api/v1/label/known/values'),
  route('POST', '/api/v1/query'),
  route('GET', '/api/v1/query'),
  route('GET', '/files/*path'),
  ...atBase('/prom', [route('GET', '/api/v1/query')]),
]);

/** `method path` as `route {params}`, `405 allow` or `404`. */
function found(method: string, path: string): string {
  const match = router.find(method, path);
  if (match.kind === 'none') return '404';
  if (match.kind === 'other-method') return `405 ${match.allow.join(' ')}`;
  return `${match.route.path} ${JSON.stringify(match.params())}`;
}

const CASES: readonly (readonly [string, string, string])[] = [
  ['GET', '/', '/ {}'],
  ['HEAD', '/metrics', '/metrics {}'],
  ['POST', '/metrics', '405 GET HEAD OPTIONS'],
  ['PUT', '/metrics/job/a/instance/b', '/metrics/job/*rest {"rest":"a/instance/b"}'],
  ['GET', '/metrics/job/a', '405 OPTIONS POST PUT'],
  ['GET', '/api/v1/label/a%2Fb/values', '/api/v1/label/:name/values {"name":"a/b"}'],
  ['GET', '/api/v1/label/known/values', '/api/v1/label/known/values {}'], // the fixed segment wins
  ['GET', '/api/v1/label/known/other', '404'],
  ['GET', '/api/v1/label//values', '404'], // a name is not empty
  ['GET', '/prom/api/v1/query', '/prom/api/v1/query {}'],
  ['BREW', '/api/v1/query', '405 GET HEAD OPTIONS POST'],
  ['GET', '/files/', '/files/*path {"path":""}'],
  ['GET', '/files', '404'],
  ['GET', '*', '404'],
  ['GET', '', '404'],
];

for (const [method, path, expected] of CASES) test(`${method} ${path}`, () => assert.equal(found(method, path), expected));

test('a wrong percent-encoding is the caller’s mistake', () => {
  assert.throws(() => found('GET', '/api/v1/label/%zz/values'), { code: 'bad_data' });
});

test('a route that stands twice is ours', () => {
  assert.throws(() => new Router([route('GET', '/a'), route('GET', '/a')]), /stands twice/);
});
