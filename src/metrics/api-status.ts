// `/api/v1/status/…`, `/api/v1/notifications`: what the program tells of itself and of the cardinality of its metrics.
//
// Source: Prometheus HTTP API documentation, "Status"; Mimir's `buildinfo` for the base path that stands for Mimir.

import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { printDuration } from '../base/duration.ts';
import { compileMatcher } from '../query/matchers.ts';
import { type MetricsApiOptions, route } from './api-context.ts';
import { withParameter } from './api-params.ts';
import { selfMetricsJson } from './self-metrics-json.ts';
import { tsdbStatus } from './tsdb-status.ts';

/** Which program a base path stands for. */
export type Flavour = 'prometheus' | 'mimir';

const APPLICATION = 'Sightline';

function success(data: unknown): Reply {
  return json({ status: 'success', data });
}

/** The routes of the program's state. */
export function statusRoutes(options: MetricsApiOptions, flavour: Flavour): readonly Route[] {
  const { status } = options;
  return [
    route('GET', '/api/v1/status/config', 'The settings in force, as YAML.', () => success({ yaml: status.configYaml() })),
    route('GET', '/api/v1/status/flags', 'The settings in force, by name.', () => success(status.flags())),
    route('GET', '/api/v1/status/runtimeinfo', 'When the program was started and how it runs.', () => runtimeInfo(options)),
    route('GET', '/api/v1/status/buildinfo', 'The version of the program.', () => success(buildInfo(options, flavour))),
    route('GET', '/api/v1/status/tsdb', 'Cardinality statistics.', (request) => tsdbStatus(options, request)),
    // Nothing is replayed: what was acknowledged is in the store.
    route('GET', '/api/v1/status/walreplay', 'State of the write-ahead log: always done.', () => success({ min: 0, max: 0, current: 0 })),
    // The store has parts, not blocks.
    route('GET', '/api/v1/status/tsdb/blocks', 'Blocks of the store: it has none.', () => success({ blocks: [] })),
    route('GET', '/api/v1/status/self_metrics', "The program's own metrics.", (request) => selfMetrics(options, request)),
    route('GET', '/api/v1/notifications', 'What an operator should know.', () => success(notifications(options))),
  ];
}

function buildInfo({ status: { version, revision } }: MetricsApiOptions, flavour: Flavour): Readonly<Record<string, unknown>> {
  const common = { version, revision, branch: '', buildUser: '', buildDate: '', goVersion: '' };
  return flavour === 'prometheus' ? common : { application: APPLICATION, ...common, features: { ruler_config_api: 'true' } };
}

function runtimeInfo({ status, clock }: MetricsApiOptions): Reply {
  const reload = status.lastReload();
  return success({
    startTime: new Date(status.startedMs).toISOString(),
    CWD: status.workingDirectory,
    hostname: status.hostname,
    serverTime: new Date(clock.now()).toISOString(),
    reloadConfigSuccess: reload.success,
    lastConfigTime: new Date(reload.ms).toISOString(),
    corruptionCount: 0,
    goroutineCount: 0,
    GOMAXPROCS: 0,
    GOMEMLIMIT: 0,
    GOGC: '',
    GODEBUG: '',
    storageRetention: status.retentionMs() === 0 ? 'unlimited' : printDuration(status.retentionMs()),
  });
}

function selfMetrics({ status }: MetricsApiOptions, { query }: Request): Reply {
  const parameter = 'metric_name_pattern';
  const pattern = query.get(parameter) ?? '';
  const isAsked = withParameter(parameter, () => compileMatcher({ name: '', op: '=~', value: pattern === '' ? '.*' : pattern }));
  return success(selfMetricsJson(status.selfMetrics().filter(({ name }) => isAsked(name))));
}

interface Notification {
  readonly text: string;
  readonly date: string;
  readonly active: boolean;
}

function notifications({ status }: MetricsApiOptions): readonly Notification[] {
  const reload = status.lastReload();
  if (reload.success) return [];
  return [{ text: 'Configuration reload has failed.', date: new Date(reload.ms).toISOString(), active: true }];
}
