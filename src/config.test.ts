// Settings from file, environment and flags: what is taken, and how mistakes are told.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { changedSettings, environmentName, loadConfig, parseCommand, settingsInForce, type Config } from './config.ts';

const directory = mkdtempSync(join(tmpdir(), 'sightline-config-'));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'c.yml');

interface Given {
  readonly yaml?: string;
  readonly environment?: Record<string, string>;
  readonly flags?: readonly string[];
}

function load({ yaml, environment = {}, flags = [] }: Given): Config {
  if (yaml !== undefined) writeFileSync(file, yaml);
  const command = parseCommand(yaml === undefined ? flags : ['--config', file, ...flags], environment);
  assert.equal(command.kind, 'serve');
  assert.ok('sources' in command);
  return loadConfig(command.sources, environment);
}

function refuses(given: Given, message: RegExp): void {
  assert.throws(() => load(given), { code: 'bad_data', message });
}

test('defaults', () => {
  const config = load({});
  assert.deepEqual(
    [config.dataDir, config.server.listen, config.limits.retention.metrics],
    ['./data', { host: '127.0.0.1', port: 3000 }, 0],
  );
  assert.deepEqual([config.scrape, config.storage.url, config.tenants.size], [{ kind: 'none' }, undefined, 0]);
});

test('flags are over the environment, the environment over the file', () => {
  const yaml = 'dataDir: /file\nserver: { listen: ":1", otlpHttp: ":2", otlpGrpc: ":3" }';
  const config = load({
    yaml,
    environment: { SIGHTLINE_SERVER_OTLP_HTTP: ':20', SIGHTLINE_SERVER_OTLP_GRPC: ':30' },
    flags: ['--set', 'server.otlpGrpc=off'],
  });
  assert.equal(config.dataDir, '/file');
  assert.deepEqual(config.server.listen, { host: '::', port: 1 });
  assert.deepEqual(config.server.otlpHttp, { host: '::', port: 20 });
  assert.equal(config.server.otlpGrpc, undefined);
});

test('every kind of value', () => {
  const yaml = `
server: { listen: "[::1]:9", peerPorts: yes, bodyBytesMax: 2MiB, corsOrigins: [https://a.example, "*"] }
limits: { retention: { metrics: 1d12h, logs: 0 }, query: { memoryBytes: 1.5GiB, timeout: 90s } }
log: { level: debug }
host:
`;
  const { server, limits, log } = load({ yaml });
  assert.deepEqual(server.listen, { host: '::1', port: 9 });
  assert.deepEqual([server.peerPorts, server.bodyBytesMax, server.corsOrigins], [true, 2 * 1024 ** 2, ['https://a.example', '*']]);
  assert.deepEqual(
    [limits.retention.metrics, limits.query.memoryBytes, limits.query.timeout, log.level],
    [129_600_000, 1.5 * 1024 ** 3, 90_000, 'debug'],
  );
});

test('flags of their own', () => {
  const config = load({ flags: ['--data-dir=/d', '--listen', '0.0.0.0:0', '--peer-ports'] });
  assert.deepEqual([config.dataDir, config.server.listen, config.server.peerPorts], ['/d', { host: '0.0.0.0', port: 0 }, true]);
  assert.equal(parseCommand(['--help'], {}).kind, 'help');
  assert.equal(parseCommand(['--version'], {}).kind, 'version');
});

test('a tenant has its own limits over the defaults', () => {
  const yaml = 'limits: { query: { timeout: 10s, rowsMax: 7 } }\ntenants: { a.b: { limits: { query: { timeout: 5s } } } }';
  const config = load({ yaml, flags: ['--set', 'tenants.c.limits.query.rowsMax=9'] });
  const query = (tenant: string): unknown => [config.tenants.get(tenant)?.query.timeout, config.tenants.get(tenant)?.query.rowsMax];
  assert.deepEqual(
    [query('a.b'), query('c')],
    [
      [5000, 7],
      [10_000, 9],
    ],
  );
});

test('scrape configurations: a list, or a file beside the settings', () => {
  assert.deepEqual(load({ yaml: 'scrape: [{ job_name: a }]' }).scrape, { kind: 'inline', configs: [{ job_name: 'a' }], directory });
  assert.deepEqual(load({ yaml: 'scrape: scrape.yml' }).scrape, { kind: 'file', file: join(directory, 'scrape.yml') });
});

test('the URL of the store does not print', () => {
  const { storage } = load({ environment: { SIGHTLINE_STORAGE_URL: 'http://user:pw@clickhouse:8123' } });
  assert.equal(`${String(storage.url)} ${JSON.stringify(storage.url)}`, '*** "***"');
  assert.equal(storage.url?.reveal(), 'http://user:pw@clickhouse:8123');
});

test('secrets of scrape configurations do not show', () => {
  const oauth = 'oauth2: { client_id: shown, client_secret: hidden, client_certificate_key: hidden }';
  const headers = 'http_headers: { X: { values: [shown], secrets: [hidden, hidden] } }';
  const config = load({ yaml: `scrape: [{ job_name: j, ${oauth}, ${headers}, basic_auth: { username: shown, password: hidden } }]` });
  const text = JSON.stringify(settingsInForce(config).get('scrape'));
  assert.doesNotMatch(text, /hidden/);
  assert.equal(text.match(/shown/g)?.length, 3, text);
  assert.equal(text.match(/<secret>/g)?.length, 5, text);
});

test('mistakes say where, what, and what was meant', () => {
  refuses({ yaml: 'server:\n  lisen: ":1"' }, /c\.yml:2:3: unknown setting 'server\.lisen'; did you mean 'server\.listen'\?/);
  refuses({ yaml: 'sever: { listen: ":1" }' }, /c\.yml:1:1: unknown setting 'sever'; did you mean 'server'\?/);
  refuses({ yaml: 'server:\n  listen: nowhere' }, /c\.yml:2:3: server\.listen: "nowhere" is not an address/);
  refuses({ yaml: 'server: { listen: ":70000" }' }, /is not an address/);
  refuses({ yaml: 'limits: { query: { timeout: 5 minutes } }' }, /limits\.query\.timeout: "5 minutes" is not a duration/);
  refuses({ yaml: 'limits: { query: { timeout: 5 } }' }, /limits\.query\.timeout: 5 is not a duration/); // no unit
  refuses({ yaml: 'limits: { query: { rowsMax: -1 } }' }, /is not a whole number/);
  refuses({ yaml: 'limits: { query: { rowsMax: 0 } }' }, /is below the least value, 1/);
  refuses({ yaml: 'server: { bodyBytesMax: 2GiB }' }, /is above the greatest value, 1GiB/);
  refuses({ yaml: 'server: { peerPorts: maybe }' }, /is neither true nor false/);
  refuses({ yaml: 'log: { level: loud }' }, /is none of debug, info/);
  refuses({ yaml: 'server: 3' }, /c\.yml:1:9: server is a mapping/);
  refuses({ yaml: '- a' }, /c\.yml:1:1: a settings file is a mapping/);
  refuses({ yaml: 'a: [1' }, /c\.yml:1:\d+: /); // not YAML
  refuses({ yaml: 'dataDir: a\ndataDir: b' }, /c\.yml:2:1: /); // a key twice
  refuses({ yaml: '__proto__: { a: 1 }' }, /unknown setting '__proto__'/);
  refuses({ yaml: 'tenants: { "..": { limits: { query: { rowsMax: 1 } } } }' }, /tenants: "\.\." cannot be a tenant id/);
  refuses({ yaml: 'tenants: { a: { limit: { query: { rowsMax: 1 } } } }' }, /unknown setting 'tenants\.a\.limit'/);
  refuses({ environment: { SIGHTLINE_DATADIR: '/d' } }, /unknown setting SIGHTLINE_DATADIR; did you mean SIGHTLINE_DATA_DIR\?/);
  refuses({ flags: ['--set', 'dataDir'] }, /is not path=value/);
  refuses({ flags: ['--set', 'server=1'] }, /is a group of settings/);
  refuses({ flags: ['--set', 'dataDir.x=1'] }, /unknown setting 'dataDir\.x'/);
  refuses({ flags: ['--lisen', ':1'] }, /unknown flag '--lisen'; did you mean '--listen'\?/);
  refuses({ flags: ['--listen'] }, /--listen: takes ADDRESS/);
  refuses({ flags: ['--config', '/nowhere/c.yml'] }, /ENOENT/);
});

test('all mistakes are told at once', () => {
  refuses({ yaml: 'a: 1\nb: 2' }, /unknown setting 'a'[^]*\n.*unknown setting 'b'/);
});

test('what a reload changes: what applies, and what needs a restart', () => {
  const before = load({ yaml: 'dataDir: /a\nlimits: { query: { timeout: 1s } }' });
  const next = load({ yaml: 'dataDir: /b\nlimits: { query: { timeout: 2s } }\ntenants: { x: { limits: { query: { timeout: 3s } } } }' });
  assert.deepEqual(changedSettings(before, next), {
    live: ['limits.query.timeout', 'tenants.x.limits.query.timeout'],
    restart: ['dataDir'],
  });
  assert.deepEqual(changedSettings(next, next), { live: [], restart: [] });
});

test('names in the environment', () => {
  assert.equal(environmentName(['server', 'otlpGrpc']), 'SIGHTLINE_SERVER_OTLP_GRPC');
});
