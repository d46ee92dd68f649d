// Where a target's page comes from: over HTTP, or from a function of this program.
//
// Source of the request's headers: Prometheus `scrape.targetScraper` and `acceptHeader`.

import { SCRAPE_PAGE_BYTES_MAX } from '../../limits.ts';
import type { HttpClient } from './http-client.ts';
import type { ScrapeConfig, ScrapeProtocol } from './scrape-config.ts';
import type { Target } from './target.ts';

export interface ScrapedPage {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** Fetches a target's page. Rejects with an error whose message is for the target's page. */
export type PageSource = (target: Target, signal: AbortSignal) => Promise<ScrapedPage>;

const MEDIA_TYPE: Readonly<Record<ScrapeProtocol, string>> = {
  PrometheusProto: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
};

/** `Accept` with the protocols in the order wanted; the newer text formats also say how names are to be escaped. */
export function acceptHeader({ scrapeProtocols, nameEscaping }: Pick<ScrapeConfig, 'scrapeProtocols' | 'nameEscaping'>): string {
  let weight = Object.keys(MEDIA_TYPE).length + 1;
  const accepted = scrapeProtocols.map((protocol) => {
    const isEscaping = protocol === 'PrometheusText1.0.0' || protocol === 'OpenMetricsText1.0.0';
    return `${MEDIA_TYPE[protocol]}${isEscaping ? `;escaping=${nameEscaping}` : ''};q=0.${weight--}`;
  });
  return [...accepted, `*/*;q=0.${weight}`].join(',');
}

/** Pages over HTTP, as the job asks for them. */
export function httpSource(config: ScrapeConfig, client: HttpClient): PageSource {
  const accept = acceptHeader(config);
  const bodyBytesMax = config.bodySizeLimit || SCRAPE_PAGE_BYTES_MAX;
  return async (target, signal) => {
    const headers = { accept, 'x-prometheus-scrape-timeout-seconds': String(target.timeoutMs / 1000) };
    const { timeoutMs, url } = target;
    const compression = config.enableCompression;
    return client.get(url, { headers, timeoutMs, bodyBytesMax, bodyProblem: bodyProblem(bodyBytesMax), compression, signal });
  };
}

function bodyProblem(bytes: number): string {
  return `body size limit exceeded (body_size_limit ${bytes} bytes)`;
}
