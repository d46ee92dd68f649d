// Every setting of the program: name, default, bounds, one sentence. The only reader of the environment.
//
//   file (--config) < environment (SIGHTLINE_…) < flags (--data-dir, --listen, --peer-ports, --set path=value)
//
// `docs/settings.md` is printed from here. Fixed bounds are in `limits.ts`.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { attributeRuleProblem } from './base/attribute-rule.ts';
import { RequestError } from './base/request-error.ts';
import { readSettingsFile } from './base/settings-file.ts';
import * as setting from './base/settings.ts';
import type { GivenValues, SettingEntry, ValuesOf } from './base/settings.ts';
import { LOG_LEVELS } from './base/log.ts';
import { Secret } from './base/secret.ts';
import { tenantIdMistake } from './base/tenant-id.ts';
import { CONFIG_FILE_BYTES_MAX } from './limits.ts';

const live = { live: true };

const LIMITS = {
  retention: {
    metrics: setting.duration('0', 'How long samples are kept; 0 keeps them for ever.', live),
    logs: setting.duration('0', 'How long log lines are kept; 0 keeps them for ever.', live),
    traces: setting.duration('0', 'How long spans are kept; 0 keeps them for ever.', live),
    profiles: setting.duration('0', 'How long profiles are kept; 0 keeps them for ever.', live),
  },
  metrics: {
    ingestionRate: setting.integer(5_000_000, 'Samples a second that a tenant may send; 0 sets no bound.', live),
    ingestionBurst: setting.integer(20_000_000, 'Samples that a tenant may send at once, above its rate.', { min: 1, live: true }),
    activeSeries: setting.integer(5_000_000, 'Series of a tenant that may receive samples at the same time; 0 sets no bound.', live),
    labelNamesMax: setting.integer(256, 'Labels that a series may have, its name included.', { min: 1, live: true }),
    labelNameBytesMax: setting.size('1KiB', 'The longest name of a label.', { min: 1, live: true }),
    labelValueBytesMax: setting.size('8KiB', 'The longest value of a label.', { min: 1, live: true }),
    outOfOrderWindow: setting.duration('0', 'How old a sample may be; 0 takes any age.', live),
    futureWindow: setting.duration('10m', 'How far ahead of the clock a sample may be; 0 takes any time.', live),
  },
  logs: {
    ingestionRate: setting.size('256MiB', 'Bytes of lines and metadata a second that a tenant may send; 0 sets no bound.', live),
    ingestionBurst: setting.size('1GiB', 'Bytes of lines and metadata that a tenant may send at once, above its rate.', {
      min: 1024,
      live: true,
    }),
    activeStreams: setting.integer(200_000, 'Streams of a tenant that may receive lines at the same time; 0 sets no bound.', live),
    lineBytesMax: setting.size('256KiB', 'The longest line; 0 sets no bound.', live),
    truncateLines: setting.boolean(false, 'Cuts a line that is too long instead of refusing it.', live),
    labelNamesMax: setting.integer(15, 'Labels that a stream may have, service_name not counted.', { min: 1, live: true }),
    labelNameBytesMax: setting.size('1KiB', 'The longest name of a label.', { min: 1, live: true }),
    labelValueBytesMax: setting.size('2KiB', 'The longest value of a label.', { min: 1, live: true }),
    metadataBytesMax: setting.size('64KiB', 'Structured metadata of one line, names and values together; 0 sets no bound.', live),
    metadataCountMax: setting.integer(128, 'Entries of structured metadata that one line may have; 0 sets no bound.', live),
    ageMax: setting.duration('0', 'How old a line may be when it comes; 0 takes any age.', live),
    futureWindow: setting.duration('10m', 'How far ahead of the clock a line may be; 0 takes any time.', live),
    discoverServiceName: setting.list('Labels whose first present one becomes service_name where a stream has none.', live, [
      'service',
      'app',
      'application',
      'app_name',
      'name',
      'app_kubernetes_io_name',
      'container',
      'container_name',
      'k8s_container_name',
      'component',
      'workload',
      'job',
      'k8s_job_name',
    ]),
    discoverLevels: setting.boolean(true, 'Finds the level of every line and gives it as the structured metadata detected_level.', live),
    otlpStreamLabels: setting.list(
      'Resource attributes of OTLP logs that become labels of the stream; the others are structured metadata.',
      live,
      [
        'service.name',
        'service.namespace',
        'service.instance.id',
        'deployment.environment',
        'deployment.environment.name',
        'cloud.region',
        'cloud.availability_zone',
        'k8s.cluster.name',
        'k8s.namespace.name',
        'k8s.pod.name',
        'k8s.container.name',
        'container.name',
        'k8s.replicaset.name',
        'k8s.deployment.name',
        'k8s.statefulset.name',
        'k8s.daemonset.name',
        'k8s.cronjob.name',
        'k8s.job.name',
      ],
    ),
    otlpRules: setting.list(
      'What becomes of attributes of OTLP logs, such as "resource label pod\\..*", "scope drop fn", "record metadata .*_id"; the first whose regular expression is the whole name counts, before otlpStreamLabels.',
      { ...live, problem: attributeRuleProblem },
    ),
    entriesMax: setting.integer(5000, 'Lines that one query may ask for.', { min: 1, live: true }),
    tailsMax: setting.integer(1000, 'Live tails of a tenant at the same time.', { min: 1, live: true }),
  },
  traces: {
    ingestionRate: setting.size('256MiB', 'Bytes of spans a second that a tenant may send; 0 sets no bound.', live),
    ingestionBurst: setting.size('1GiB', 'Bytes of spans that a tenant may send at once, above its rate.', { min: 1024, live: true }),
    spanBytesMax: setting.size(
      '1MiB',
      'The largest span, as it comes over the wire, and the largest resource with its scope; 0 sets no bound.',
      live,
    ),
    attributesMax: setting.integer(
      1024,
      'Attributes that a span, an event, a link, a resource or a scope may have; 0 sets no bound.',
      live,
    ),
    attributeBytesMax: setting.size('64KiB', 'The longest value of an attribute; longer text is cut. 0 sets no bound.', live),
    attributeKeysMax: setting.integer(
      20_000,
      'Names of attributes of spans, events and links of a tenant that are offered for completion; more are still searched.',
      {
        min: 100,
        live: true,
      },
    ),
    ageMax: setting.duration('0', 'How old the start of a span may be when it comes; 0 takes any age.', live),
    futureWindow: setting.duration('10m', 'How far ahead of the clock the start of a span may be; 0 takes any time.', live),
    tracesMax: setting.integer(10_000, 'Traces that one search may ask for.', { min: 1, live: true }),
    traceSpansMax: setting.integer(200_000, 'Spans of one trace that are shown.', { min: 1, live: true }),
  },
  spanMetrics: {
    enabled: setting.boolean(true, 'Makes the metrics traces_spanmetrics_… of spans as they come.', live),
    dimensions: setting.list(
      'Attributes of spans and resources that become labels, beside service, span_name, span_kind and status_code.',
      live,
    ),
    buckets: setting.list('Upper bounds of the classic latency histogram, in seconds.', live, [
      '0.002',
      '0.004',
      '0.008',
      '0.016',
      '0.032',
      '0.064',
      '0.128',
      '0.256',
      '0.512',
      '1.024',
      '2.048',
      '4.096',
      '8.192',
      '16.384',
    ]),
    histograms: setting.choice(
      'both',
      ['both', 'classic', 'native'],
      'In which forms latencies are kept, here and in the service graph.',
      live,
    ),
    size: setting.boolean(true, 'Counts the bytes of spans, in traces_spanmetrics_size_total.', live),
    targetInfo: setting.boolean(true, 'Writes traces_target_info with the attributes of each resource.', live),
    seriesMax: setting.integer(50_000, 'Label sets of a tenant at the same time; what comes above is counted under one of its own.', {
      min: 1,
      live: true,
    }),
    ageMax: setting.duration(
      '10m',
      'Spans that ended longer ago are stored, but count neither here nor in the service graph; 0 counts all.',
      live,
    ),
  },
  serviceGraph: {
    enabled: setting.boolean(true, 'Makes the metrics traces_service_graph_… of pairs of spans as they come.', live),
    dimensions: setting.list('Attributes of spans and resources that become labels client_… and server_….', live),
    peerAttributes: setting.list(
      'Attributes of a client span that name a peer that sends no spans; the first that has a value counts.',
      live,
      ['peer.service', 'db.name', 'db.namespace', 'db.system', 'db.system.name', 'server.address', 'net.peer.name'],
    ),
    buckets: setting.list('Upper bounds of the request histograms, in seconds.', live, [
      '0.1',
      '0.2',
      '0.4',
      '0.8',
      '1.6',
      '3.2',
      '6.4',
      '12.8',
    ]),
    wait: setting.duration('10s', 'How long one side of a request waits for the other.', { min: 1, live: true }),
    waitingMax: setting.integer(20_000, 'Requests of a tenant that wait for their other side; spans of more are counted as dropped.', {
      min: 1,
      live: true,
    }),
    seriesMax: setting.integer(50_000, 'Label sets of a tenant at the same time; what comes above is counted under one of its own.', {
      min: 1,
      live: true,
    }),
  },
  otlp: {
    translationStrategy: setting.choice(
      'UnderscoreEscapingWithSuffixes',
      ['UnderscoreEscapingWithSuffixes', 'UnderscoreEscapingWithoutSuffixes', 'NoUTF8EscapingWithSuffixes', 'NoTranslation'],
      'How names of OTLP metrics become names of Prometheus.',
      live,
    ),
    namespace: setting.text('', 'Put before the name of every OTLP metric, with an underscore.', live),
    promoteResourceAttributes: setting.list('Resource attributes that become labels of every series.', live),
    promoteAllResourceAttributes: setting.boolean(false, 'Makes all resource attributes labels, but the ignored ones.', live),
    ignoreResourceAttributes: setting.list('Resource attributes that never become labels.', live),
    keepIdentifyingResourceAttributes: setting.boolean(
      false,
      'Keeps service.name, service.namespace and service.instance.id in target_info beside job and instance.',
      live,
    ),
    convertHistogramsToNhcb: setting.boolean(false, 'Makes histograms with explicit buckets native ones with custom buckets.', live),
    promoteScopeMetadata: setting.boolean(false, "Makes the scope's name, version, schema and attributes otel_scope_ labels.", live),
    labelNameUnderscoreSanitization: setting.boolean(true, 'Puts key before a label name that begins with one underscore.', live),
    labelNamePreserveMultipleUnderscores: setting.boolean(true, 'Leaves several underscores in a row in label names.', live),
    targetInfo: setting.boolean(true, 'Writes a target_info series for each resource.', live),
    delta: setting.choice(
      'cumulative',
      ['cumulative', 'native', 'refuse'],
      'What becomes of delta temporality: summed up, stored as it is, or refused.',
      live,
    ),
    deltaStreamsMax: setting.integer(100_000, 'Delta streams that are summed up at the same time.', { min: 1, live: true }),
  },
  query: {
    timeout: setting.duration('2m', 'The longest that a query may take.', { min: 1, live: true }),
    memoryBytes: setting.size('1GiB', 'Memory that one query may hold in the store.', { min: 1024 * 1024, live: true }),
    rowsMax: setting.integer(50_000_000, 'Rows (samples, lines, spans) that one query may hold at once.', { min: 1, live: true }),
    seriesMax: setting.integer(500_000, 'Series that one query may select.', { min: 1, live: true }),
    rangeMax: setting.duration('0', 'The longest time between the start and the end of a range query; 0 sets no bound.', live),
    lengthMax: setting.size('1MiB', 'The longest text of a query.', { min: 1, live: true }),
    concurrency: setting.integer(20, 'Queries of a tenant that run at the same time; more wait.', { min: 1, live: true }),
    waitingMax: setting.integer(1000, 'Queries of a tenant that may wait for their turn; more are refused.', live),
  },
};

/** All settings. */
export const SETTINGS = {
  dataDir: setting.text('./data', 'Directory of everything that is stored; made when absent.'),
  log: {
    level: setting.choice('info', LOG_LEVELS, 'The least important lines that the log shows.', live),
  },
  server: {
    listen: setting.address('127.0.0.1:3000', 'Address of the UI and of every API; port 0 takes a free one.'),
    otlpGrpc: setting.address('127.0.0.1:4317', 'Address for OTLP over gRPC besides.'),
    otlpHttp: setting.address('127.0.0.1:4318', 'Address for OTLP over HTTP besides.'),
    peerPorts: setting.boolean(
      false,
      'Opens the usual ports of the programs that this one stands for, with their base paths, on the host of server.listen.',
    ),
    bodyBytesMax: setting.size('64MiB', 'The largest body of a request, after decompression.', { min: 1024, max: 1024 ** 3, live: true }),
    bodyBytesInFlightMax: setting.size(
      '256MiB',
      'Bodies of all requests being handled together; beyond it senders are told to come back.',
      { min: 1024 * 1024, live: true },
    ),
    bodyTimeout: setting.duration('1m', 'The longest that a client may take to send its request.', { min: 100 }),
    connectionsMax: setting.integer(10_000, 'Connections per address; more are closed at once.', { min: 1 }),
    corsOrigins: setting.list(
      'Origins whose pages may call the API from a browser, such as https://shop.example; * is every origin.',
      live,
    ),
  },
  storage: {
    insertDelay: setting.duration(
      '1s',
      'How long stored rows may wait in the log for more before they become a part of a table; a query never waits for it.',
      { min: 1 },
    ),
    batchRowsMax: setting.integer(1_000_000, 'Rows that become a part of a table at once.', { min: 1000 }),
    pendingBytesMax: setting.size('256MiB', 'Rows of a table that may wait in its log; beyond it senders are told to come back.', {
      min: 1024 * 1024,
    }),
    readers: setting.integer(4, 'Statements that read from the embedded store at the same time.', { min: 1, max: 64 }),
    engineArguments: setting.list('More arguments of the embedded engine, such as --config-file=disks.xml.'),
    url: setting.text(
      '',
      'URL of a ClickHouse server, such as http://user:password@host:8123/sightline; empty stores in the embedded one under dataDir.',
    ),
    cluster: setting.text(
      '',
      'Name of the cluster that the tables are made on, as the server of storage.url knows it; empty for a server that stands alone.',
    ),
  },
  scrape: setting.raw('A scrape_configs list of Prometheus, or the name of a file that holds one.', { type: 'scrape', live: true }),
  logSources: setting.raw(
    'Files and journals of this host that are read as logs: a list of sources, or the name of a file that holds one.',
    {
      type: 'log sources',
      live: true,
    },
  ),
  logDeletion: {
    cancelPeriod: setting.duration('0', 'How long a request to delete log lines may still be cancelled before it is carried out.', live),
  },
  syslog: {
    tcp: setting.address('off', 'Address that takes syslog over TCP, such as :1514; off for none.'),
    udp: setting.address('off', 'Address that takes syslog over UDP, such as :1514; off for none.'),
    tenant: setting.text('anonymous', 'Tenant that syslog messages belong to.'),
  },
  selfScrape: {
    interval: setting.duration('15s', 'How often the program stores its own metrics; 0 never.', { live: true }),
  },
  host: {
    enabled: setting.boolean(true, 'Stores the metrics of this host.'),
    interval: setting.duration('15s', 'How often the host is looked at.', { min: 1000 }),
    journal: setting.boolean(true, 'Reads the systemd journal where there is one and logSources names none.', { live: true }),
    ownLog: setting.boolean(true, 'Stores the program\'s own log as the stream {service_name="sightline"}.', { live: true }),
    procPath: setting.text('/proc', 'Where the proc file system is mounted.'),
    sysPath: setting.text('/sys', 'Where the sys file system is mounted.'),
    rootfs: setting.text('/', 'Where the root of the host is mounted; its file systems are looked at below it.'),
  },
  query: {
    lookback: setting.duration('5m', 'How far back an instant selector looks for the newest sample of a series.', { min: 1, live: true }),
    subqueryStep: setting.duration('1m', 'The step of subqueries that name none.', { min: 1, live: true }),
    delayedNameRemoval: setting.boolean(false, 'Drops the names of metrics at the end of a query instead of in each operation.', live),
    typeAndUnitLabels: setting.boolean(
      false,
      'Treats __type__ and __unit__ as part of the identity of a metric: they go with its name.',
      live,
    ),
    useStartTimestamps: setting.boolean(false, 'Lets rate, irate and increase take start timestamps into account.', live),
    concurrency: setting.integer(
      40,
      'Queries of all tenants that run at the same time; more wait, and tenants take turns. Above limits.query.concurrency, one tenant alone cannot take every place.',
      { min: 1, live: true },
    ),
    searchResultsMax: setting.integer(10_000, 'Results that one search of names or values may ask for.', { min: 1, live: true }),
    slowLog: setting.duration('10s', 'A query that takes longer than this is in the log, with what it cost; 0 logs none.', live),
    cacheBytes: setting.size('256MiB', 'Memory for samples that queries have read, so that the next ones find them there.', {
      min: 0,
      live: true,
    }),
    spanCacheBytes: setting.size(
      '256MiB',
      'Memory for columns of spans that queries have asked for twice, of the embedded store only; 0 keeps none, and the store is asked.',
      { min: 0, live: true },
    ),
    indexSeriesMax: setting.integer(
      2_000_000,
      'Series of all tenants whose labels are kept in memory, of the embedded store only; 0 keeps none, and the store is asked.',
      live,
    ),
  },
  pushgateway: {
    interval: setting.duration('15s', 'How often the values pushed to /metrics/job/… are stored anew, until they are deleted.', {
      min: 1000,
    }),
    groupsMax: setting.integer(10_000, 'Pushed groups of all tenants together.', { min: 1 }),
    seriesMax: setting.integer(500_000, 'Series of all pushed groups together.', { min: 1 }),
  },
  limits: LIMITS,
  tenants: new setting.NamedSettings({ limits: LIMITS }, 'Limits of single tenants, over the defaults.'),
};

/** What one tenant may do. Durations are in milliseconds, sizes in bytes. */
export type TenantLimits = ValuesOf<typeof LIMITS>;

/** Where scrape configurations come from. */
export type ScrapeSource =
  | { readonly kind: 'none' }
  | { readonly kind: 'inline'; readonly configs: unknown; readonly directory: string }
  | { readonly kind: 'file'; readonly file: string };

export interface Config extends Omit<ValuesOf<typeof SETTINGS>, 'scrape' | 'logSources' | 'storage'> {
  readonly scrape: ScrapeSource;
  /** Comes from the same kinds of places. */
  readonly logSources: ScrapeSource;
  readonly storage: Omit<ValuesOf<typeof SETTINGS>['storage'], 'url'> & { readonly url: Secret | undefined };
  /** Limits of the tenants that have their own. */
  readonly tenants: ReadonlyMap<string, TenantLimits>;
  /** What was given, by path: two of them tell what a reload changes. */
  readonly given: GivenValues;
  /** The same as it was written. */
  readonly written: GivenValues;
}

/** What settings are read from; kept for reloads. */
export interface ConfigSources {
  readonly file: string | undefined;
  readonly flags: readonly SettingEntry[];
}

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'serve'; readonly sources: ConfigSources }
  | { readonly kind: 'check-config'; readonly files: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' };

/** A flag and what it takes: `path` names the setting it stands for. */
export interface Flag {
  readonly name: string;
  readonly takes: string;
  readonly path: readonly string[];
  readonly about: string;
}

export const FLAGS: readonly Flag[] = [
  { name: '--config', takes: 'FILE', path: [], about: 'Settings in YAML.' },
  { name: '--data-dir', takes: 'DIR', path: ['dataDir'], about: 'Directory of everything that is stored.' },
  { name: '--listen', takes: 'ADDRESS', path: ['server', 'listen'], about: 'Address of the UI and of every API.' },
  { name: '--peer-ports', takes: '', path: ['server', 'peerPorts'], about: "Opens the peers' usual ports as well." },
  { name: '--set', takes: 'PATH=VALUE', path: [], about: 'Any setting; may be repeated.' },
  { name: '--help', takes: '', path: [], about: 'Prints this.' },
  { name: '--version', takes: '', path: [], about: 'Prints the version.' },
];

const ENVIRONMENT_PREFIX = 'SIGHTLINE_';
const CONFIG_VARIABLE = 'SIGHTLINE_CONFIG';

/** Reads the command line, without the program's name. Throws `bad_data` on a flag that is none. */
export function parseCommand(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Command {
  if (args[0] === 'check-config') return { kind: 'check-config', files: args.slice(1) };
  let file = environment[CONFIG_VARIABLE];
  const flags: SettingEntry[] = [];
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = splitOnce(args[i] ?? '', '=');
    const flag = FLAGS.find((candidate) => candidate.name === name);
    if (flag === undefined) throw unknownFlag(name);
    if (name === '--help') return { kind: 'help' };
    if (name === '--version') return { kind: 'version' };
    const value = inline ?? (flag.takes === '' ? 'true' : args[++i]);
    if (value === undefined) throw new RequestError('bad_data', `${name}: takes ${flag.takes}`);
    if (name === '--config') file = value;
    else if (name === '--set') flags.push(parseAssignment(value));
    else flags.push({ path: flag.path, value, where: name });
  }
  return { kind: 'serve', sources: { file, flags } };
}

/** Reads all settings. Throws `bad_data` with every mistake and where it was made. */
export function loadConfig(sources: ConfigSources, environment: NodeJS.ProcessEnv = process.env): Config {
  const entries = [...fileEntries(sources.file), ...environmentEntries(environment), ...sources.flags];
  const given = setting.parseEntries(SETTINGS, entries);
  const { scrape, logSources, storage, ...values } = setting.valuesOf(SETTINGS, (path) => setting.givenAt(given, path));
  const directory = sources.file === undefined ? '.' : dirname(sources.file);
  return {
    ...values,
    scrape: scrapeSource(scrape, directory),
    logSources: scrapeSource(logSources, directory),
    storage: { ...storage, url: storage.url === '' ? undefined : new Secret(storage.url) },
    tenants: tenantLimits(given),
    given,
    written: new Map(entries.map(({ path, value }) => [setting.pathKey(path), value])),
  };
}

/** Every setting in force by its path, as it would be written; secrets are hidden. */
export function settingsInForce({ written }: Config): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  for (const { path, setting: leaf } of setting.settingsOf(SETTINGS)) {
    const name = path.join('.');
    const value = written.get(setting.pathKey(path)) ?? leaf.default;
    if (path[0] !== 'tenants') values.set(name, name === 'storage.url' && value !== '' ? '***' : hideSecrets(value));
  }
  for (const [key, value] of written) if (key.startsWith('tenants/')) values.set(key.replaceAll('/', '.'), value);
  return values;
}

const SECRET_NAME = /^(?:password|credentials|client_secret|client_certificate_key|bearer_token|secret_key|key|secrets)$/;

/** Scrape configurations hold secrets below names of their own. */
function hideSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, SECRET_NAME.test(name) ? hidden(item) : hideSecrets(item)]));
}

function hidden(value: unknown): unknown {
  if (typeof value === 'string') return '<secret>';
  return Array.isArray(value) ? value.map(hidden) : hideSecrets(value);
}

/** The paths of settings that differ between two configurations: those that a reload applies, and those that need a new start. */
export function changedSettings(before: Config, after: Config): { readonly live: readonly string[]; readonly restart: readonly string[] } {
  const changed = [...new Set([...before.given.keys(), ...after.given.keys()])].filter(
    (key) => JSON.stringify(before.given.get(key)) !== JSON.stringify(after.given.get(key)),
  );
  const isLive = new Map([...setting.settingsOf(SETTINGS)].map(({ path, setting: leaf }) => [setting.pathKey(path), leaf.live]));
  const applies = (key: string): boolean => key.startsWith('tenants/') || isLive.get(key) === true;
  const print = (key: string): string => key.replaceAll('/', '.');
  return { live: changed.filter(applies).map(print), restart: changed.filter((key) => !applies(key)).map(print) };
}

/** The name that a setting has in the environment: `server.otlpGrpc` is `SIGHTLINE_SERVER_OTLP_GRPC`. */
export function environmentName(path: readonly string[]): string {
  return ENVIRONMENT_PREFIX + path.map((name) => name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()).join('_');
}

/** The environment of the process, for parts that are told to look at it (`proxy_from_environment`). */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

function fileEntries(file: string | undefined): readonly SettingEntry[] {
  if (file === undefined) return [];
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new RequestError('bad_data', `--config: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (content.length > CONFIG_FILE_BYTES_MAX)
    throw new RequestError('bad_data', `--config: ${file} is larger than ${CONFIG_FILE_BYTES_MAX} bytes`);
  return readSettingsFile(content, file, SETTINGS);
}

function environmentEntries(environment: NodeJS.ProcessEnv): readonly SettingEntry[] {
  const paths = new Map(
    [...setting.settingsOf(SETTINGS)].filter(({ path }) => !path.includes('<name>')).map(({ path }) => [environmentName(path), path]),
  );
  const entries: SettingEntry[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || name === CONFIG_VARIABLE || value === undefined) continue;
    const path = paths.get(name);
    if (path === undefined) {
      const near = setting.nearest(name, paths.keys());
      throw new RequestError('bad_data', `environment: unknown setting ${name}${near === undefined ? '' : `; did you mean ${near}?`}`);
    }
    entries.push({ path, value, where: `environment ${name}` });
  }
  return entries;
}

/** `path=value`; a tenant's id may hold dots. */
function parseAssignment(assignment: string): SettingEntry {
  const [name, value] = splitOnce(assignment, '=');
  if (value === undefined) throw new RequestError('bad_data', `--set ${assignment}: is not path=value`);
  const tenant = /^tenants\.(.+?)\.(limits\..+)$/.exec(name);
  const path = tenant === null ? name.split('.') : ['tenants', tenant[1] ?? '', ...(tenant[2] ?? '').split('.')];
  return { path, value, where: `--set ${name}` };
}

function unknownFlag(name: string): RequestError {
  const near = setting.nearest(
    name,
    FLAGS.map((flag) => flag.name),
  );
  return new RequestError('bad_data', `unknown flag '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}`);
}

/** Files are relative to the directory of the settings file. */
function scrapeSource(value: unknown, directory: string): ScrapeSource {
  if (value === undefined || value === null || value === '') return { kind: 'none' };
  if (typeof value === 'string') return { kind: 'file', file: resolve(directory, value) };
  return { kind: 'inline', configs: value, directory: resolve(directory) };
}

function tenantLimits(given: GivenValues): ReadonlyMap<string, TenantLimits> {
  const ids = new Set([...given.keys()].filter((key) => key.startsWith('tenants/')).map((key) => key.split('/')[1] ?? ''));
  const limits = new Map<string, TenantLimits>();
  for (const id of ids) {
    const mistake = tenantIdMistake(id);
    if (mistake !== undefined) throw new RequestError('bad_data', `tenants: ${mistake}`);
    limits.set(
      id,
      setting.valuesOf(
        LIMITS,
        (path) => setting.givenAt(given, ['tenants', id, 'limits', ...path]) ?? setting.givenAt(given, ['limits', ...path]),
      ),
    );
  }
  return limits;
}

function splitOnce(given: string, separator: string): readonly [string, string | undefined] {
  const at = given.indexOf(separator);
  return at < 0 ? [given, undefined] : [given.slice(0, at), given.slice(at + separator.length)];
}
