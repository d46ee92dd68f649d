// `status/buildinfo`, `drilldown-limits`, `/config/tenant/v1/limits`: what clients ask of the program before they ask for lines.
//
// The limits carry Loki's names, for its clients look for them.
// Source: Loki `pkg/loki/drilldown_config.go`; Grafana Logs Drilldown, `LokiConfig`.

import { stringify } from 'yaml';
import { printDuration } from '../base/duration.ts';
import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { type LogReadLimits, type LogsApiOptions, leastOf, route } from './api-context.ts';
import { LEVEL_FIELDS } from './ingest/label-level.ts';

/** The routes of the program's state. */
export function statusRoutes(options: LogsApiOptions): readonly Route[] {
  return [
    route('GET', '/loki/api/v1/status/buildinfo', 'The version of the program.', () => buildInfo(options)),
    route('GET', '/loki/api/v1/drilldown-limits', 'The limits that Logs Drilldown looks at.', (request) =>
      drilldownLimits(options, request),
    ),
    route('GET', '/config/tenant/v1/limits', "The tenant's limits, as YAML.", (request) => tenantLimits(options, request)),
  ];
}

function buildInfo({ status: { version, revision } }: LogsApiOptions): Reply {
  return json({ version, revision, branch: '', buildUser: '', buildDate: '', goVersion: '' });
}

function drilldownLimits(options: LogsApiOptions, { tenants }: Request): Reply {
  const { version, patterns } = options.status;
  return json({ limits: lokiLimits(options, tenants), pattern_ingester_enabled: patterns, version });
}

function tenantLimits(options: LogsApiOptions, { tenants }: Request): Reply {
  const body = stringify(lokiLimits(options, tenants), { aliasDuplicateObjects: false });
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

function lokiLimits(options: LogsApiOptions, tenants: readonly string[]): Readonly<Record<string, unknown>> {
  const least = (of: (limits: LogReadLimits) => number): number => leastOf(options, tenants, of);
  // A bound of 0 is none.
  const bounded = (of: (limits: LogReadLimits) => number): number => {
    const most = least((limits) => of(limits) || Number.POSITIVE_INFINITY);
    return Number.isFinite(most) ? most : 0;
  };
  const all = tenants.map((tenant) => options.limitsOf(tenant).logs);
  const services = [...new Set(all.flatMap(({ discoverServiceName }) => discoverServiceName))];
  const streamLabels = [...new Set(all.flatMap(({ otlpStreamLabels }) => otlpStreamLabels))];
  return {
    discover_log_levels: all.every(({ discoverLevels }) => discoverLevels),
    discover_service_name: services,
    log_level_fields: LEVEL_FIELDS,
    max_entries_limit_per_query: least(({ logs }) => logs.entriesMax),
    max_line_size_truncate: all.every(({ truncateLines }) => truncateLines),
    max_query_bytes_read: '0B',
    max_query_length: printDuration(bounded(({ query }) => query.rangeMax)),
    max_query_lookback: printDuration(bounded(({ retention }) => retention.logs)),
    max_query_range: '0s',
    max_query_series: least(({ query }) => query.seriesMax),
    metric_aggregation_enabled: false,
    otlp_config: {
      ResourceAttributes: { IgnoreDefaults: true, AttributesConfig: [{ Action: 'index_label', Attributes: streamLabels, Regex: '' }] },
      ScopeAttributes: null,
      LogAttributes: null,
      SeverityTextAsLabel: false,
    },
    pattern_persistence_enabled: false,
    query_timeout: printDuration(least(({ query }) => query.timeout)),
    retention_period: printDuration(bounded(({ retention }) => retention.logs)),
    volume_enabled: true,
    volume_max_series: least(({ query }) => query.seriesMax),
  };
}
