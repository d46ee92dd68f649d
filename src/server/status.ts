// The program's state, for those who run it: readiness, health, its own metrics, and the reload of its settings.

import { SELF_METRICS_CONTENT_TYPE, type SelfMetrics } from '../base/self-metrics.ts';
import { plain, plainError, type Reply, type Request, type Route } from './route.ts';

export interface StatusOptions {
  /** Why queries cannot be answered now; undefined when they can. */
  readonly notReady: () => Promise<string | undefined> | string | undefined;
  /** Reads the settings again; resolves to what was done, a line each. Rejects with `RequestError` when nothing was changed. */
  readonly reload: () => Promise<readonly string[]>;
  readonly metrics: SelfMetrics;
}

/** `/ready`, `/healthz`, `/metrics` and Prometheus's `/-/…`. */
export function statusRoutes(options: StatusOptions): readonly Route[] {
  const ready = (): Promise<Reply> => answerReady(options);
  const healthy = (): Reply => plain('Sightline is healthy.\n');
  return [
    { ...open('GET', '/ready'), summary: '200 when queries can be answered.', handle: ready },
    { ...open('GET', '/healthz'), summary: '200 while the process lives.', handle: healthy },
    { ...open('GET', '/metrics'), summary: "The program's own metrics.", handle: (request) => answerMetrics(request, options.metrics) },
    ...controlRoutes(options),
  ];
}

/** The `/-/…` paths alone, for the bases of the peers. */
export function controlRoutes(options: StatusOptions): readonly Route[] {
  const reload = async (): Promise<Reply> => plain(`${(await options.reload()).join('\n')}\n`);
  return [
    { ...open('GET', '/-/ready'), summary: '200 when queries can be answered.', handle: () => answerReady(options) },
    { ...open('GET', '/-/healthy'), summary: '200 while the process lives.', handle: () => plain('Sightline is healthy.\n') },
    { ...open('POST', '/-/reload'), access: 'admin', summary: 'Reads the settings again.', handle: reload },
    { ...open('PUT', '/-/reload'), access: 'admin', summary: 'Reads the settings again.', handle: reload },
  ];
}

function open<const M extends Route['method']>(method: M, path: string): Pick<Route, 'path' | 'access' | 'error'> & { readonly method: M } {
  return { method, path, access: 'open', error: plainError };
}

async function answerReady({ notReady }: StatusOptions): Promise<Reply> {
  const reason = await notReady();
  return reason === undefined ? plain('Sightline is ready.\n') : plain(`not ready: ${reason}\n`, 503);
}

/** OpenMetrics when the client prefers it, else Prometheus text. */
function answerMetrics({ accept }: Request, metrics: SelfMetrics): Reply {
  const format = accept.includes('application/openmetrics-text') ? 'openmetrics' : 'text';
  return { status: 200, headers: { 'content-type': SELF_METRICS_CONTENT_TYPE[format] }, body: metrics.render(format) };
}
