// The program: starts everything in order, stops it in reverse. Read this first.
//
//   settings ─▶ log, own metrics ─▶ store ─▶ metrics in and out ─▶ server ─▶ what runs by itself (scrapes, this host)

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { HostCollector } from './agent/host/host-collector.ts';
import { hostRoutes } from './agent/host/host-routes.ts';
import { systemClock } from './base/clock.ts';
import { createLog, type Log } from './base/log.ts';
import { collectProcessMetrics } from './base/process-metrics.ts';
import { RequestError } from './base/request-error.ts';
import { SelfMetrics } from './base/self-metrics.ts';
import { checkConfigFiles } from './cli/check-config.ts';
import { configFiles } from './cli/config-files.ts';
import { helpText } from './cli/help-text.ts';
import { settingsYaml } from './cli/settings-yaml.ts';
import { changedSettings, loadConfig, parseCommand, settingsInForce, type Config, type ConfigSources } from './config.ts';
import { STOP_TIMEOUT_MS } from './limits.ts';
import { metricsApiRoutes } from './metrics/api.ts';
import type { ProgramStatus } from './metrics/api-context.ts';
import { otlpMetricsRoutes } from './metrics/ingest/otlp-ingest.ts';
import { OTLP_METRICS_DEFAULTS } from './metrics/ingest/otlp-settings.ts';
import { remoteWriteRoutes } from './metrics/ingest/remote-write.ts';
import { openMetricStore } from './metrics/open-metric-store.ts';
import { parseScrapeConfigs } from './metrics/scrape/prometheus-config.ts';
import { ScrapeManager } from './metrics/scrape/scrape-manager.ts';
import { targetRoutes } from './metrics/scrape/targets-api.ts';
import { METRIC_MIGRATIONS } from './metrics/table.ts';
import { ownJobs, type OwnPages } from './own-jobs.ts';
import { atBase } from './server/router.ts';
import { Server } from './server/server.ts';
import { controlRoutes, statusRoutes, type StatusOptions } from './server/status.ts';
import { uiFallback } from './server/ui-files.ts';
import { Store } from './storage/store.ts';
import { watchStore } from './storage/store-metrics.ts';
import { TenantLimitsTable } from './tenant/tenant-limits.ts';
import { ANONYMOUS } from './tenant/tenant.ts';

const ROOT = resolve(import.meta.dirname, '..');
