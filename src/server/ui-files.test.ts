// The files of the UI over the real server.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startTestServer } from './test-server.ts';
import { uiFallback } from './ui-files.ts';

const parent = mkdtempSync(join(tmpdir(), 'sightline-ui-'));
after(() => rmSync(parent, { recursive: true }));
const directory = join(parent, 'ui');
mkdirSync(join(directory, 'assets'), { recursive: true });
writeFileSync(join(directory, 'index.html'), '<title>Page</title>');
writeFileSync(join(directory, 'assets', 'app-1a2b.js'), 'app()');
writeFileSync(join(directory, 'assets', 'app-1a2b.js.gz'), gzipSync('app()'));
writeFileSync(join(parent, 'secret'), 'secret');

const html = { accept: 'text/html,*/*' };

test('files, pages and what is neither', async () => {
  await using served = await startTestServer({ fallback: uiFallback(directory) });
  const get = async (path: string, headers: Record<string, string> = {}): Promise<string> => {
    const answer = await fetch(served.url + path, { headers });
    return `${answer.status} ${answer.headers.get('content-type') ?? ''} ${answer.headers.get('cache-control') ?? ''} ${(await answer.text()).trim()}`;
  };
  const page = '200 text/html; charset=utf-8 no-cache <title>Page</title>';
  assert.equal(await get('/'), page);
  assert.equal(await get('/explore/metrics?q=1', html), page); // an address of the UI
  assert.equal(await get('/assets/app-1a2b.js'), '200 text/javascript; charset=utf-8 public, max-age=31536000, immutable app()');
  assert.match(await get('/explore/metrics'), /^404 /); // no browser asks so
  assert.match(await get('/assets/gone-1a2b.js', html), /^404 /); // never a page in the place of a script
  assert.match(await get('/api/v1/none', html), /^404 /);
  for (const path of ['/../secret', '/%2e%2e/secret', '/..%2fsecret', '/assets/..%2f..%2fsecret', '/%00', '/%zz'])
    assert.match(await get(path), /^(?:404|200 text\/html)/, path);
});

test('a file that is known is not sent again', async () => {
  await using served = await startTestServer({ fallback: uiFallback(directory) });
  const first = await fetch(`${served.url}/assets/app-1a2b.js`);
  const second = await fetch(`${served.url}/assets/app-1a2b.js`, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
  assert.deepEqual([first.headers.get('content-encoding'), second.status], ['gzip', 304]);
  assert.match((await fetch(served.url)).headers.get('content-security-policy') ?? '', /default-src 'self'/);
  assert.equal((await fetch(served.url, { method: 'HEAD' })).status, 200);
  assert.equal((await fetch(served.url, { method: 'POST' })).status, 404);
});

test('a UI that is not built says so', async () => {
  await using served = await startTestServer({ fallback: uiFallback(join(parent, 'none')) });
  assert.match(await (await fetch(served.url, { headers: html })).text(), /The UI is not built/);
});
