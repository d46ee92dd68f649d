// `http_sd_configs`: target groups as JSON over HTTP, asked for every interval; an answer that is none keeps the targets found before.
//
// Source: Prometheus `discovery/http`, and its documentation "HTTP SD".

import type { Log } from '../../base/log.ts';
import { RequestError } from '../../base/request-error.ts';
import { DISCOVERY_BODY_BYTES_MAX } from '../../limits.ts';
import type { HttpDiscoveryConfig } from './discovery-config.ts';
import type { Discovery } from './discovery.ts';
import { refreshDelayMs, refreshingDiscovery } from './discovery.ts';
import { parseTargetGroups } from './file-discovery.ts';
import type { HttpClient } from './http-client.ts';

const JSON_TYPE = /^application\/json(?:;\s*charset=(?:"utf-8"|utf-8))?$/i;

/** Asks `client` for the target groups of the section. The client is closed with the discovery. */
export function httpDiscovery(config: HttpDiscoveryConfig, client: HttpClient, log: Log): Discovery {
  const { url, refresh_interval: intervalMs } = config;
  const headers = { accept: 'application/json', 'x-prometheus-refresh-interval-seconds': String(intervalMs / 1000) };
  const discovery = refreshingDiscovery({
    intervalMs,
    log,
    name: `http ${url}`,
    refresh: async (signal) => {
      const answer = await client.get(url, {
        headers,
        timeoutMs: refreshDelayMs(intervalMs),
        bodyBytesMax: DISCOVERY_BODY_BYTES_MAX,
        signal,
        compression: true,
      });
      if (!JSON_TYPE.test(answer.contentType.trim()))
        throw new RequestError('bad_data', `unsupported content type ${JSON.stringify(answer.contentType)}`);
      return parseTargetGroups(answer.body.toString('utf8'), true, url, [['__meta_url', url]]);
    },
  });
  return {
    start: (update) => discovery.start(update),
    stop: () => {
      discovery.stop();
      client.close();
    },
  };
}
