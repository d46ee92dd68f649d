// What shippers ask an Elasticsearch before they send: its version and licence, its health, and whether templates and policies stand.
//
// Documents need no preparing here, so everything stands already, and what a client puts up is acknowledged.
// Source: Elasticsearch reference; libbeat, Logstash's output and fluent-bit's as they start.

import type { Method, Reply, Route } from '../../server/route.ts';
import { ELASTIC_BASES } from './elastic-bulk.ts';
import { elasticError, elasticJson } from './elastic-reply.ts';

/** The interface that is spoken: the last whose bulk answers every shipper in use takes. */
const VERSION = '8.9.0';
const NAME = 'sightline';
const UUID = 'c2lnaHRsaW5lLWxvZ3M';

const INFO = {
  name: NAME,
  cluster_name: NAME,
  cluster_uuid: UUID,
  version: {
    number: VERSION,
    build_flavor: 'default',
    build_type: 'tar',
    build_hash: 'unknown',
    build_date: '2023-07-19T14:43:00.000000000Z',
    build_snapshot: false,
    lucene_version: '9.7.0',
    minimum_wire_compatibility_version: '7.17.0',
    minimum_index_compatibility_version: '7.0.0',
  },
  tagline: 'You Know, for Search',
};

const LICENSE = { uid: UUID, type: 'basic', mode: 'basic', status: 'active' };
const NODES = { total: 1, successful: 1, failed: 0 };

const ANSWERS: Readonly<Record<string, unknown>> = {
  '': INFO,
  '/': INFO,
  '/_license': { license: LICENSE },
  '/_xpack': { license: LICENSE, features: {} },
  '/_cluster/health': {
    cluster_name: NAME,
    status: 'green',
    timed_out: false,
    number_of_nodes: 1,
    number_of_data_nodes: 1,
    active_shards_percent_as_number: 100,
  },
  '/_nodes': { _nodes: NODES, cluster_name: NAME, nodes: {} },
  '/_nodes/*rest': { _nodes: NODES, cluster_name: NAME, nodes: {} },
  '/_cat/*rest': [],
  '/_data_stream/*rest': { data_streams: [] },
};

/** What clients ask for by name and put up when it is missing. */
const FURNITURE = [
  '_ilm/policy',
  '_template',
  '_index_template',
  '_component_template',
  '_ingest/pipeline',
  '_alias',
  '_logstash/pipeline',
];

export function elasticProbeRoutes(): readonly Route[] {
  return ELASTIC_BASES.flatMap((base) => [
    ...Object.entries(ANSWERS).map(([path, answer]) => probe('GET', base + path, JSON.stringify(answer))),
    ...['/_data_stream/*rest', ...FURNITURE.map((name) => `/${name}/*rest`)].flatMap((path) =>
      (['PUT', 'POST'] as const).map((method) => probe(method, base + path, '{"acknowledged":true}')),
    ),
    ...FURNITURE.flatMap((name) => [`/${name}`, `/${name}/*rest`].map((path) => probe('GET', base + path, '{}'))),
  ]);
}

function probe(method: Method, path: string, body: string): Route {
  const handle = (): Reply => elasticJson(body);
  return { method, path, summary: 'Tells shippers that begin to write that all is there.', access: 'open', error: elasticError, handle };
}
