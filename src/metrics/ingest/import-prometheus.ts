// Pushing pages of metrics: `/api/v1/import/prometheus`, as VictoriaMetrics takes it, in all three exposition formats.
//
// Source: VictoriaMetrics, "How to import data in Prometheus exposition format".

import type { Clock } from '../../base/clock.ts';
import { RequestError } from '../../base/request-error.ts';
import type { Labels } from '../../query/labels.ts';
import { labelPairs, labelsOf } from '../../query/labels.ts';
import { noContent, plainError, type Reply, type Request, type Route } from '../../server/route.ts';
import type { BeginWrite } from '../write.ts';
import type { ExpositionFormat } from './exposition.ts';
import { parseExposition } from './parse-exposition.ts';
import { describeRefusals, pageWriter } from './push-answer.ts';

export interface PushOptions {
  readonly begin: BeginWrite;
  readonly now: Clock;
}

const BASES = ['', '/prom', '/prometheus'];

/** `POST|PUT /api/v1/import/prometheus`, on every base path of Prometheus's API. */
export function importPrometheusRoutes(options: PushOptions): readonly Route[] {
  return BASES.flatMap((base) =>
    (['POST', 'PUT'] as const).map((method) => ({
      method,
      path: `${base}/api/v1/import/prometheus`,
      summary:
        'Stores a page in the Prometheus text, OpenMetrics or Prometheus protobuf format; arguments `timestamp` (ms) and `extra_label`.',
      access: 'write',
      error: plainError,
      handle: (request) => receive(request, options),
    })),
  );
}

async function receive(request: Request, { begin, now }: PushOptions): Promise<Reply> {
  const write = begin(request.tenants[0] ?? '');
  const relabel = extraLabels(request.query);
  parseExposition(request.body, pushFormat(request), pageWriter(write, { ts: timestampOf(request.query) ?? now.now(), relabel }));
  const refused = describeRefusals(await write.commit());
  if (refused !== '') throw new RequestError('bad_data', refused);
  return noContent;
}

/** A push names its format by its media type; any other one is the Prometheus text format, which is what clients mean that say nothing. */
export function pushFormat({ contentType }: Request): ExpositionFormat {
  if (contentType.type === 'application/openmetrics-text') return 'openmetrics';
  return contentType.type === 'application/vnd.google.protobuf' ? 'protobuf' : 'prometheus-text';
}

function timestampOf(query: URLSearchParams): number | undefined {
  const text = query.get('timestamp');
  if (text === null || text === '') return undefined;
  if (!/^-?\d{1,16}$/.test(text))
    throw new RequestError('bad_data', `argument timestamp must be milliseconds, not ${JSON.stringify(text)}`);
  return Number(text);
}

/** The `extra_label=name=value` arguments, which win over the page's own labels. */
function extraLabels(query: URLSearchParams): (labels: Labels) => Labels {
  const extra = query.getAll('extra_label').map((text): [string, string] => {
    const equals = text.indexOf('=');
    if (equals < 1) throw new RequestError('bad_data', `argument extra_label must be name=value, not ${JSON.stringify(text)}`);
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
  return extra.length === 0 ? (labels) => labels : (labels) => labelsOf([...labelPairs(labels), ...extra]);
}
