// What the paths of Prometheus's description of its API are asked: every path and method at least once, well and badly.
//
// A path without requests of its own is asked without parameters, and must answer.

import { compressSync } from 'snappy';

import { encodeRemoteWrite1 } from '../harness/remote-write.ts';

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below `/api/v1`, with its query; of a POST the query is the form, unless there is a body. */
  readonly address: string;
  readonly expected: 'success' | 'error' | 'any';
  readonly body?: Body;
}

interface Body {
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export const LOAD = `load 30s
  boats{harbour="north"} 0+3x20
  boats{harbour="south"} 5 7 NaN Inf -Inf
  tide_bucket{le="1"} 1+1x20
  tide_bucket{le="+Inf"} 2+2x20`;

export const HISTOGRAM = {
  labels: { __name__: 'waves' },
  histograms: [0, 30_000, 60_000].map((ts) => ({
    ts,
    kind: 'integer' as const,
    count: 6,
    sum: 3,
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: 1,
    positiveSpans: [{ offset: 0, length: 2 }],
    positive: [2, 1],
    negativeSpans: [],
    negative: [],
    customValues: [],
  })),
};

export const EXEMPLAR = {
  labels: { __name__: 'boats', harbour: 'north' },
  exemplars: [{ labels: { trace_id: 'a1' }, value: 3, ts: 30_000 }],
};

/** A page for a scrape job, whose rules drop nothing of what the page has. */
export const PAGE = '# HELP buoys Buoys out there.\n# TYPE buoys gauge\nbuoys 3\n';
export const JOB_RULES = [{ source_labels: ['__address__'], regex: '(.*):.*', target_label: 'host' }];

const EXPRESSIONS = [
  '1 + 1',
  'boats',
  'boats[5m]',
  'waves',
  'waves[5m]',
  'sum by (harbour) (rate(boats[2m]))',
  'rate(boats[2m])',
  'histogram_quantile(0.9, tide_bucket)',
  'sum({__name__=~"boats|waves"})',
  'boats @ end() offset -30s',
  'boats + on (harbour) group_left (x) fill (0) boats',
  '-boats unless boats > bool 3',
  'max_over_time(boats[2m:30s])',
  'quantile_over_time(0.5, boats[2m] anchored)',
  'topk(1, boats)',
  'boats{harbour!~"n.*"} or vector(1)',
  'absent(nothing)',
  'boats +',
  'nothing_of_this_name()',
  'label_replace(boats, "__name__", "one", "", "")',
];

/** Parameters of requests that must succeed, and of requests that must be refused. */
interface Parameters {
  readonly good: readonly string[];
  readonly bad?: readonly string[];
}

const EVER = 'start=0&end=600';
const SEARCH_BAD = [
  'start=9&end=8',
  'limit=0',
  'limit=x',
  'limit=1000000000',
  'batch_size=0',
  'fuzz_threshold=101',
  'fuzz_alg=x',
  'case_sensitive=x',
  'include_score=x',
  'sort_by=x',
  'sort_dir=asc',
  'sort_by=score',
  'sort_by=alpha&sort_dir=x',
  'match[]={',
];
const SEARCH_GOOD = [
  EVER,
  `${EVER}&limit=1&batch_size=1`,
  `${EVER}&search[]=a&search[]=o&sort_by=score&include_score=true&batch_size=1`,
  `${EVER}&search[]=BAO&fuzz_alg=jarowinkler&fuzz_threshold=50&case_sensitive=false&sort_by=alpha&sort_dir=dsc`,
  `${EVER}&match[]=boats&search[]=nothing`,
];

function ofLabel(queries: readonly string[]): readonly string[] {
  return queries.map((query) => `label=harbour&${query}`);
}

const PARAMETERS: Readonly<Record<string, Parameters>> = {
  '/labels': { good: ['', 'match[]=boats', 'limit=1', EVER], bad: ['start=x', 'limit=x', 'match[]={}'] },
  '/label/{name}/values': { good: ['', 'match[]=boats', 'limit=1'], bad: ['end=x', 'limit=-1', 'match[]={'] },
  '/series': { good: ['match[]=boats', 'match[]=boats&limit=1'], bad: ['', 'match[]={}', 'match[]=boats&limit=x'] },
  '/metadata': { good: ['', 'limit=1', 'metric=boats', 'limit_per_metric=1'], bad: ['limit=x', 'limit_per_metric=x'] },
  '/query_exemplars': { good: ['query=boats', 'query=boats&start=0&end=100'], bad: ['query=', 'query=boats&start=9&end=8'] },
  '/search/metric_names': { good: [...SEARCH_GOOD, `${EVER}&include_metadata=true`], bad: [...SEARCH_BAD, 'include_metadata=x'] },
  '/search/label_names': { good: SEARCH_GOOD, bad: SEARCH_BAD },
  '/search/label_values': { good: ofLabel(SEARCH_GOOD), bad: ['', ...ofLabel(SEARCH_BAD)] },
  '/targets': { good: ['', 'state=active', 'state=dropped', 'scrapePool=JOB', 'scrapePool=x'] },
  '/targets/metadata': {
    good: ['', 'limit=1', 'match_target={job="JOB"}', 'metric=buoys'],
    bad: ['limit=x', 'match_target={', 'metric=nothing_of_this_name'],
  },
  '/targets/relabel_steps': {
    good: ['scrapePool=JOB&labels={"__address__":"a:1"}', 'scrapePool=JOB&labels={}'],
    bad: ['', 'scrapePool=JOB', 'scrapePool=JOB&labels={', 'scrapePool=JOB&labels={"a":1}', 'scrapePool=x&labels={}'],
  },
  '/scrape_pools/config': { good: ['scrapePool=JOB'], bad: ['', 'scrapePool=x'] },
  '/rules': { good: ['', 'type=alert'], bad: ['type=x', 'match[]={'] },
  '/status/tsdb': { good: ['', 'limit=1'], bad: ['limit=x', 'limit=-1'] },
  '/status/self_metrics': { good: ['', 'metric_name_pattern=sightline_.*', 'metric_name_pattern=x'], bad: ['metric_name_pattern=('] },
  '/admin/tsdb/delete_series': { good: ['match[]=nothing_of_this_name'], bad: ['', 'match[]={}', 'match[]=boats&start=x'] },
  // What the store cannot give is refused, whatever is asked.
  '/admin/tsdb/snapshot': { good: [], bad: ['', 'skip_head=true', 'skip_head=x'] },
};

const NO_BYTES = new Uint8Array();
const SNAPPY = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
const NO_MESSAGE: Body = { bytes: new Uint8Array([0xff, 0xff, 0xff]), headers: SNAPPY };

/** Messages of other protocols, whose answers are theirs. */
const BODIES: Readonly<Record<string, { readonly good: Body; readonly bad: Body }>> = {
  '/write': {
    good: encoded(encodeRemoteWrite1([{ labels: { __name__: 'boats', harbour: 'east' }, samples: [{ ts: 0, value: 1 }] }])),
    bad: NO_MESSAGE,
  },
  '/read': { good: { bytes: compressSync(Buffer.from(NO_BYTES)), headers: SNAPPY }, bad: NO_MESSAGE },
  '/otlp/v1/metrics': {
    good: { bytes: new TextEncoder().encode('{}'), headers: { 'content-type': 'application/json' } },
    bad: { bytes: new TextEncoder().encode('{'), headers: { 'content-type': 'application/json' } },
  },
};

function encoded({ body, headers }: { readonly body: Uint8Array; readonly headers: Readonly<Record<string, string>> }): Body {
  return { bytes: body, headers };
}

/** The requests for every path and method that is described. `job` is a scrape job of the program. */
export function requestsFor(paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>, job: string): readonly Asked[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    (['GET', 'POST', 'PUT'] as const)
      .filter((method) => method.toLowerCase() in methods)
      .flatMap((method) => requestsOf(path).map((asked): Asked => ({ ...asked, method, address: addressOf(path, asked.address, job) }))),
  );
}

function addressOf(path: string, query: string, job: string): string {
  const parameters = new URLSearchParams(query.replaceAll('JOB', job).replaceAll('+', '%2B')).toString();
  return `${path.replace('{name}', 'harbour')}${parameters === '' ? '' : `?${parameters}`}`;
}

function requestsOf(path: string): readonly Omit<Asked, 'method'>[] {
  const messages = BODIES[path];
  if (messages !== undefined) {
    return [
      { address: '', expected: 'success', body: messages.good },
      { address: '', expected: 'error', body: messages.bad },
    ];
  }
  const { good, bad = [] } = queriesOf(path) ?? PARAMETERS[path] ?? { good: [''] };
  const any = (address: string): Omit<Asked, 'method'> => ({ address, expected: 'any' });
  return [
    ...good.map((address): Omit<Asked, 'method'> => ({ address, expected: 'success' })),
    ...bad.map((address): Omit<Asked, 'method'> => ({ address, expected: 'error' })),
    ...expressionsOf(path).map(any),
  ];
}

/** What asks an expression, beside the expressions of which some are wrong. */
function queriesOf(path: string): Parameters | undefined {
  switch (path) {
    case '/query':
      return { good: ['query=boats', 'query=boats&time=60&limit=1'], bad: ['', 'query=boats&time=x', 'query=boats&timeout=x'] };
    case '/query_range':
      return {
        good: [`query=boats&${EVER}&step=30`],
        bad: ['', 'query=boats&start=9&end=8&step=1', `query=boats&${EVER}&step=0`, 'query=boats&start=0&end=100000&step=1'],
      };
    case '/format_query':
    case '/parse_query':
      return { good: ['query=boats'], bad: ['', 'query=boats%20%2B'] };
    default:
      return undefined;
  }
}

function expressionsOf(path: string): readonly string[] {
  const queries = EXPRESSIONS.map((expression) => `query=${encodeURIComponent(expression)}`);
  if (path === '/query') return queries.flatMap((each) => [`${each}&time=60`, `${each}&time=60&stats=all&limit=1`]);
  if (path === '/query_range')
    return queries.flatMap((each) => [`${each}&start=0&end=120&step=30`, `${each}&start=0&end=120&step=30&stats=all&limit=1`]);
  return path === '/format_query' || path === '/parse_query' ? queries : [];
}
