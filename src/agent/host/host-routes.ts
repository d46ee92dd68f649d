// `GET /host/metrics`: the host's metrics as a node_exporter would serve them, so that any Prometheus can scrape this host through us.

import { plainError } from '../../server/route.ts';
import { EXPOSITION_TYPE } from './exposition.ts';
import type { Route } from '../../server/route.ts';
import type { HostCollector } from './host-collector.ts';

export function hostRoutes(host: Pick<HostCollector, 'collectText'>): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/host/metrics',
      summary: "This host's metrics in the Prometheus text format, under node_exporter's names.",
      access: 'open',
      error: plainError,
      handle: async () => ({ status: 200, headers: { 'content-type': EXPOSITION_TYPE }, body: await host.collectText() }),
    },
  ];
}
