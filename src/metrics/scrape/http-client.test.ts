// Speaking HTTP with targets: credentials, TLS, redirects, compression, proxy, and what is said when it fails. The servers are real.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import type { GetOptions } from './http-client.ts';
import { HttpClient } from './http-client.ts';
import { parsePrometheusConfig } from './prometheus-config.ts';

/** A certificate for `localhost` and `target.example` that signs itself, and its key: for these tests only. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBpjCCAUugAwIBAgIUO1tuMjbKNitbUDN/dgvj1X73YnowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTAyNTIyMFoYDzIxMjYxMDI4
MDI1MjIwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASLC62jc5Nwewc2BqZLp3IXr3AlC/ZKhNV4mOfmOHzCDyxNNU4dXFJi
yUuD53b+GkuuLvWA/5pF+iGcfRb4YPwAo3kwdzAdBgNVHQ4EFgQUqnBaXnIuK4eE
MGtOrTe6VR77cg4wHwYDVR0jBBgwFoAUqnBaXnIuK4eEMGtOrTe6VR77cg4wDwYD
VR0TAQH/BAUwAwEB/zAkBgNVHREEHTAbgglsb2NhbGhvc3SCDnRhcmdldC5leGFt
cGxlMAoGCCqGSM49BAMCA0kAMEYCIQDblBpHF11JQBA5q0HJGLYcFURem5XGdbEq
7N6vr4S3rgIhAPHfKLPee+35TbJhNUH8UxGUd63frnNAeHz9TQz6AVsv
-----END CERTIFICATE-----`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNB30IXeD6rhNU0gG
rPp2O73b2sejpTBgbaUwQqpQeW+hRANCAASLC62jc5Nwewc2BqZLp3IXr3AlC/ZK
hNV4mOfmOHzCDyxNNU4dXFJiyUuD53b+GkuuLvWA/5pF+iGcfRb4YPwA
-----END PRIVATE KEY-----`;

const directory = mkdtempSync(join(tmpdir(), 'scrape-http-'));
const servers: Server[] = [];
const clients: HttpClient[] = [];
after(() => {
  for (const client of clients) client.close();
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const serve = async (listener: RequestListener): Promise<string> => `http://127.0.0.1:${await listen(createServer(listener))}`;

/** A client for a job with these fields. */
function client(fields = ''): HttpClient {
  const text = `scrape_configs:\n- job_name: j\n${fields.replaceAll(/^/gm, '  ')}`;
  const [config] = parsePrometheusConfig(text, { directory, read: () => '', glob: () => [] }).scrapeConfigs;
  assert.ok(config);
  const created = new HttpClient(config.http, { userAgent: 'Sightline/test' });
  clients.push(created);
  return created;
}

const options: GetOptions = { headers: {}, timeoutMs: 600_000, bodyBytesMax: 1000, compression: true };

async function get(url: string, fields = '', more: Partial<GetOptions> = {}): Promise<string> {
  return (await client(fields).get(url, { ...options, ...more })).body.toString('utf8');
}

const echo =
  (header: string) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    response.end(String(request.headers[header] ?? 'none'));
  };

test('credentials and headers are sent', async () => {
  writeFileSync(join(directory, 'secret'), 'from a file\n');
  const url = await serve(echo('authorization'));
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  assert.equal(await get(url), 'none');
  assert.equal(await get(url, 'basic_auth: {username: u, password: p}'), basic('u:p'));
  assert.equal(await get(url, 'basic_auth: {username: u, password_file: secret}'), basic('u:from a file'));
  assert.equal(await get(url, 'bearer_token: t'), 'Bearer t');
  assert.equal(await get(url, 'bearer_token_file: secret'), 'Bearer from a file');
  assert.equal(await get(url, 'authorization: {type: Token, credentials: t}'), 'Token t');
  assert.equal(
    await get(await serve(echo('x-a')), 'http_headers: {X-A: {values: [b], secrets: [c], files: [secret]}}'),
    'b, c, from a file',
  );
  assert.equal(await get(await serve(echo('user-agent'))), 'Sightline/test');
  await assert.rejects(get(url, 'bearer_token_file: gone'), /unable to read file .*gone/);
});

test('an oauth2 token is fetched once', async () => {
  let fetched = 0;
  const tokens = await serve((request, response) => {
    fetched++;
    response.end(
      JSON.stringify({ access_token: `t${fetched} ${request.headers.authorization ?? ''}`, token_type: 'bearer', expires_in: 3600 }),
    );
  });
  const url = await serve(echo('authorization'));
  const asking = client(`oauth2: {client_id: i, client_secret: s, token_url: "${tokens}/t", scopes: [a]}`);
  const expected = `Bearer t1 Basic ${Buffer.from('i:s').toString('base64')}`;
  for (let i = 0; i < 2; i++) assert.equal((await asking.get(url, options)).body.toString(), expected);
  await assert.rejects(get(url, `oauth2: {client_id: i, token_url: "${url}/none"}`), /oauth2: cannot fetch token/);
});

test('redirects are followed unless told otherwise, and credentials stay with their host', async () => {
  const other = await serve(echo('authorization'));
  const url = await serve((request, response) => {
    if (request.url === '/here') return void response.end('here');
    const location = { '/': '/here', '/away': other, '/loop': '/loop' }[request.url ?? ''] ?? '/';
    return void response.writeHead(302, { location }).end();
  });
  assert.equal(await get(url), 'here');
  assert.equal(await get(`${url}/away`, 'bearer_token: t'), 'none');
  await assert.rejects(get(`${url}/loop`), /stopped after 10 redirects/);
  await assert.rejects(get(url, 'follow_redirects: false'), /server returned HTTP status 302 Found/);
});

test('bodies are decompressed within their bound', async () => {
  const large = gzipSync('x'.repeat(100_000));
  const url = await serve((request, response) => {
    const body = request.url === '/bomb' ? large : gzipSync('hello');
    response.setHeader('content-encoding', 'gzip').end(request.url === '/cut' ? body.subarray(0, 12) : body);
  });
  assert.equal(await get(url), 'hello');
  await assert.rejects(get(`${url}/bomb`, '', { bodyProblem: 'too much' }), { code: 'too_large', message: 'too much' });
  await assert.rejects(get(`${url}/cut`), /unexpected end of file/);
  assert.equal(await get(await serve(echo('accept-encoding')), '', { compression: false }), 'identity');
});

test('what fails is said', async () => {
  await assert.rejects(
    get(await serve((_, response) => void response.writeHead(503).end())),
    /server returned HTTP status 503 Service Unavailable/,
  );
  const silent = await serve(() => undefined);
  await assert.rejects(get(silent, '', { timeoutMs: 50 }), { code: 'timeout', message: `Get "${silent}": context deadline exceeded` });
  const slow = await serve((_, response) => void response.write('a'));
  await assert.rejects(get(slow, '', { timeoutMs: 50 }), /context deadline exceeded/);
  await assert.rejects(get(silent, '', { signal: AbortSignal.abort() }), { code: 'canceled' });
  await assert.rejects(get('http://127.0.0.1:1/x'), /Get "http:\/\/127\.0\.0\.1:1\/x": .*ECONNREFUSED/);
  await assert.rejects(get('ftp://127.0.0.1/'), /unsupported protocol scheme "ftp"/);
  await assert.rejects(get(await serve((request) => void request.socket.destroy())), /socket hang up|ECONNRESET/);
});

test('TLS with its own authority, a server name, a client certificate, and without any check', async () => {
  writeFileSync(join(directory, 'ca.pem'), CERTIFICATE);
  writeFileSync(join(directory, 'key.pem'), KEY);
  const settings = { cert: CERTIFICATE, key: KEY, requestCert: true, rejectUnauthorized: false };
  const port = await listen(
    createTlsServer(settings, (request, response) => {
      const { socket } = request;
      response.end(
        'getPeerCertificate' in socket && typeof socket.getPeerCertificate === 'function'
          ? String(socket.getPeerCertificate().subject?.CN)
          : '',
      );
    }),
  );
  const named = 'ca_file: ca.pem, server_name: target.example';
  assert.equal(await get(`https://localhost:${port}/`, 'tls_config: {ca_file: ca.pem}'), 'undefined');
  assert.equal(await get(`https://127.0.0.1:${port}/`, `tls_config: {${named}}`), 'undefined');
  assert.equal(await get(`https://127.0.0.1:${port}/`, `tls_config: {${named}, cert_file: ca.pem, key_file: key.pem}`), 'localhost');
  assert.equal(await get(`https://127.0.0.1:${port}/`, 'tls_config: {insecure_skip_verify: true}'), 'undefined');
  await assert.rejects(get(`https://localhost:${port}/`), /self-signed certificate/);
});

test('a proxy is asked', async () => {
  const proxy = await serve((request, response) => void response.end(`proxied ${request.url}`));
  assert.equal(await get('http://target.invalid/metrics', `proxy_url: ${proxy}`), 'proxied http://target.invalid/metrics');
  const direct = await serve((_, response) => void response.end('direct'));
  assert.equal(await get(direct, `proxy_url: ${proxy}\nno_proxy: 127.0.0.1`), 'direct');
});
