// Types and help texts of the metrics that are made of spans.

import type { Metadata } from '../../metrics/write.ts';

export const CALLS = 'traces_spanmetrics_calls_total';
export const SIZE = 'traces_spanmetrics_size_total';
export const LATENCY = 'traces_spanmetrics_latency';
export const TARGET_INFO = 'traces_target_info';
export const REQUESTS = 'traces_service_graph_request_total';
export const FAILED_REQUESTS = 'traces_service_graph_request_failed_total';
export const SERVER_SECONDS = 'traces_service_graph_request_server_seconds';
export const CLIENT_SECONDS = 'traces_service_graph_request_client_seconds';
export const MESSAGING_SECONDS = 'traces_service_graph_request_messaging_system_seconds';
export const UNPAIRED_SPANS = 'traces_service_graph_unpaired_spans_total';
export const DROPPED_SPANS = 'traces_service_graph_dropped_spans_total';

export const SPAN_METRICS_METADATA: readonly Metadata[] = [
  { metric: CALLS, type: 'counter', help: 'Spans.', unit: '' },
  { metric: SIZE, type: 'counter', help: 'Bytes of spans as they came.', unit: '' },
  { metric: LATENCY, type: 'histogram', help: 'Durations of spans in seconds.', unit: '' },
  { metric: TARGET_INFO, type: 'gauge', help: 'Resource attributes of those who send spans.', unit: '' },
  { metric: REQUESTS, type: 'counter', help: 'Requests between two services.', unit: '' },
  { metric: FAILED_REQUESTS, type: 'counter', help: 'Requests of which a side has the status error.', unit: '' },
  { metric: SERVER_SECONDS, type: 'histogram', help: 'Durations of requests as the server sees them.', unit: '' },
  { metric: CLIENT_SECONDS, type: 'histogram', help: 'Durations of requests as the client sees them.', unit: '' },
  { metric: MESSAGING_SECONDS, type: 'histogram', help: 'Time of messages between producer and consumer.', unit: '' },
  { metric: UNPAIRED_SPANS, type: 'counter', help: 'Spans whose other side did not come in time.', unit: '' },
  { metric: DROPPED_SPANS, type: 'counter', help: 'Spans that found no room to wait for their other side.', unit: '' },
];
