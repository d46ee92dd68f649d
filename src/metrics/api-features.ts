// `/api/v1/features`: what this server can do, by kind, so that clients need not guess it from a version.
//
// Source: Prometheus 3.14, `/api/v1/features`; the names are its own. Kinds of which nothing is here are absent.

import type { Reply, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { type MetricsApiOptions, route } from './api-context.ts';
import { AGGREGATE_OPS } from './promql/ast.ts';
import type { EvaluationSettings } from './promql/steps/evaluation.ts';
import { FUNCTIONS } from './promql/functions.ts';

const API =
  'admin exclude_alerts label_values_match lifecycle openapi_3.1 otlp_write_receiver query_stats query_warnings remote_write_receiver time_range_labels time_range_series';
const LANGUAGE =
  'anchored at_modifier bool by duration_expr fill fill_left fill_right group_left group_right ignoring negative_offset offset on per_query_lookback_delta per_step_stats smoothed subqueries without';
const OPERATORS = '!= !~ % * + - / < </ <= == =~ > >/ >= @ ^ and atan2 or unless';
const DISCOVERY = 'dns file http kubernetes static';

/** The route of the features. */
export function featureRoutes(options: MetricsApiOptions): readonly Route[] {
  return [route('GET', '/api/v1/features', 'What this server can do, by kind.', () => features(options.evaluation()))];
}

function features({ delayedNameRemoval, typeAndUnitLabels, useStartTimestamps }: EvaluationSettings): Reply {
  const data = {
    api: enabled(API.split(' ')),
    otlp_receiver: { delta_conversion: true, native_delta_ingestion: true },
    prometheus: { agent_mode: false, auto_reload_config: false, server_mode: true },
    promql: {
      ...enabled(LANGUAGE.split(' ')),
      delayed_name_removal: delayedNameRemoval,
      type_and_unit_labels: typeAndUnitLabels,
      use_start_timestamps: useStartTimestamps,
    },
    promql_functions: enabled(FUNCTIONS.keys()),
    promql_operators: enabled([...OPERATORS.split(' '), ...AGGREGATE_OPS]),
    scrape: { extra_scrape_metrics: true },
    service_discovery_providers: enabled(DISCOVERY.split(' ')),
    tsdb: { exemplar_storage: true, native_histograms: true },
  };
  return json({ status: 'success', data });
}

function enabled(names: Iterable<string>): Readonly<Record<string, boolean>> {
  return Object.fromEntries([...names].sort().map((name) => [name, true]));
}
