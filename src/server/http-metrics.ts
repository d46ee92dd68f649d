// What the server counts of itself, labelled by route path, never by the path that was asked.

import type { Counter, SelfMetrics } from '../base/self-metrics.ts';

const DURATION_BUCKETS: readonly number[] = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];

export interface Observed {
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

/** Gauges that are read when the metrics are. */
export interface ServerState {
  readonly connections: () => number;
  readonly inFlight: () => number;
  readonly bodyBytes: () => number;
  readonly sockets: () => number;
}

export interface HttpMetrics {
  readonly observe: (observed: Observed) => void;
  readonly internalErrors: Counter;
  readonly watch: (state: ServerState) => void;
}

export function createHttpMetrics(metrics: SelfMetrics): HttpMetrics {
  const requests = metrics.counter('sightline_http_requests_total', 'Requests answered, gRPC included.', ['route', 'method', 'status']);
  const seconds = metrics.histogram(
    'sightline_http_request_duration_seconds',
    'Time from headers to answer.',
    ['route', 'method'],
    DURATION_BUCKETS,
  );
  const connections = metrics.gauge('sightline_http_connections', 'Open connections.');
  const inFlight = metrics.gauge('sightline_http_requests_in_flight', 'Requests being answered.');
  const bodyBytes = metrics.gauge('sightline_http_body_bytes_in_flight', 'Bytes of bodies being handled.');
  const sockets = metrics.gauge('sightline_http_websockets', 'Open WebSockets.');
  return {
    internalErrors: metrics.counter('sightline_internal_errors_total', 'Requests that ended in an error of our own.'),
    observe: ({ route, method, status, seconds: taken }) => {
      requests.add(1, route, method, String(status));
      seconds.observe(taken, route, method);
    },
    watch: (state) =>
      metrics.onCollect(() => {
        connections.set(state.connections());
        inFlight.set(state.inFlight());
        bodyBytes.set(state.bodyBytes());
        sockets.set(state.sockets());
      }),
  };
}
