// The service graph: who calls whom, made of the metrics of pairs of spans; what of it is shown, and what is left out. Pure.

import type { SampleSeries } from '../../data/query-result.ts';

/** What connects two nodes, as the label `connection_type` says: two services that send spans, a queue between them, a database, or a guess. */
export type Connection = 'services' | 'messaging' | 'database' | 'virtual';

export interface Edge {
  readonly key: string;
  readonly client: string;
  readonly server: string;
  readonly connection: Connection;
  /** Requests per second, over the range. */
  readonly rate: number;
  /** Failed requests per second; undefined where nothing tells. */
  readonly failed: number | undefined;
  /** The 0.95 quantile, in seconds. */
  readonly p95: number | undefined;
}

/** A database; something that calls or is called and sends no spans; or a service. */
export type NodeKind = 'service' | 'database' | 'external' | 'user';

export interface GraphNode {
  readonly name: string;
  readonly kind: NodeKind;
  /** Of the requests that come in; of a node that none reaches, of those that it sends. */
  readonly rate: number;
  readonly failed: number | undefined;
  readonly p95: number | undefined;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly Edge[];
}

const CONNECTIONS: Readonly<Record<string, Connection>> = {
  messaging_system: 'messaging',
  database: 'database',
  virtual_node: 'virtual',
};

/** As the label spells it. */
export const CONNECTION_TYPES: Readonly<Record<Connection, string>> = {
  services: '',
  messaging: 'messaging_system',
  database: 'database',
  virtual: 'virtual_node',
};

export function edgeKey({ client, server, connection }: Pick<Edge, 'client' | 'server' | 'connection'>): string {
  return JSON.stringify([client, server, connection]);
}

export interface EdgeAnswers {
  readonly rate: readonly SampleSeries[];
  readonly failed: readonly SampleSeries[];
  readonly serverSeconds: readonly SampleSeries[];
  readonly clientSeconds: readonly SampleSeries[];
}

function idOf(labels: Readonly<Record<string, string>>): Pick<Edge, 'client' | 'server' | 'connection'> {
  const connection = CONNECTIONS[labels['connection_type'] ?? ''] ?? 'services';
  return { client: labels['client'] ?? '', server: labels['server'] ?? '', connection };
}

function byEdge(series: readonly SampleSeries[]): ReadonlyMap<string, number> {
  return new Map(
    series.flatMap(({ labels, values: [value] }) =>
      typeof value === 'number' && Number.isFinite(value) ? [[edgeKey(idOf(labels)), value] as const] : [],
    ),
  );
}

/** A side that sent no span is observed as 0 s, of which a quantile is next to nothing. */
const TOLD_LEAST_S = 1e-9;

function greatest(...values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Edges with a request in the range, the busiest first. */
export function edgesOf(answers: EdgeAnswers): readonly Edge[] {
  const failed = byEdge(answers.failed);
  const server = byEdge(answers.serverSeconds);
  const client = byEdge(answers.clientSeconds);
  const told = (value: number | undefined): number | undefined => (value !== undefined && value > TOLD_LEAST_S ? value : undefined);
  const edges = answers.rate.flatMap(({ labels, values: [rate] }): readonly Edge[] => {
    if (typeof rate !== 'number' || !(rate > 0)) return [];
    const id = idOf(labels);
    const key = edgeKey(id);
    const [ofServer, ofClient] = [told(server.get(key)), told(client.get(key))];
    // Of a guess one side saw nothing, which a classic histogram puts into its lowest bucket: the other one is no less.
    const p95 = id.connection === 'virtual' ? greatest(ofServer, ofClient) : (ofServer ?? ofClient);
    return [{ ...id, key, rate, failed: failed.get(key) ?? 0, p95 }];
  });
  return edges.sort((a, b) => b.rate - a.rate || (a.key < b.key ? -1 : 1));
}

/** Failed as a part of all, where it is known. */
export function ratio({ failed, rate }: Pick<Edge, 'failed' | 'rate'>): number | undefined {
  if (failed === undefined) return undefined;
  return rate > 0 ? Math.min(1, failed / rate) : 0;
}

/** From this part of failed requests on, a node or an edge is drawn as in trouble. */
const TROUBLE_RATIO = 0.01;

export function inTrouble(of: Pick<Edge, 'failed' | 'rate'>): boolean {
  return (ratio(of) ?? 0) >= TROUBLE_RATIO;
}

function kindOf(name: string, inward: readonly Edge[], outward: readonly Edge[]): NodeKind {
  const isTold = ({ connection }: Edge): boolean => connection === 'services' || connection === 'messaging';
  // Whoever calls and is no guess sends spans of its own, and so does whoever is called over a pair of spans, or by a guessed caller.
  const sends = inward.some(isTold) || outward.some((edge) => edge.connection !== 'virtual' || inward.length > 0);
  if (sends) return 'service';
  if (inward.some(({ connection }) => connection === 'database')) return 'database';
  if (inward.length === 0)
    return outward.some((edge) => edge.client === 'user' || edge.connection === 'virtual') ? guessed(name) : 'service';
  return 'external';
}

/** The name that a caller has whom nobody knows. */
function guessed(name: string): NodeKind {
  return name === 'user' ? 'user' : 'external';
}

function nodeOf(name: string, inward: readonly Edge[], outward: readonly Edge[], services: ReadonlySet<string>): GraphNode {
  const counted = inward.length > 0 ? inward : outward;
  const sum = (of: (edge: Edge) => number): number => counted.reduce((total, edge) => total + of(edge), 0);
  const told = counted.some(({ failed }) => failed !== undefined);
  const slowest = counted.flatMap(({ p95 }) => p95 ?? []);
  return {
    name,
    kind: services.has(name) ? 'service' : kindOf(name, inward, outward),
    rate: sum(({ rate }) => rate),
    failed: told ? sum(({ failed }) => failed ?? 0) : undefined,
    p95: slowest.length === 0 ? undefined : Math.max(...slowest),
  };
}

/** The nodes of edges; `services` are the names of those that are known to send spans. */
export function graphOf(edges: readonly Edge[], services: ReadonlySet<string>): Graph {
  const inward = Map.groupBy(edges, ({ server }) => server);
  const outward = Map.groupBy(edges, ({ client }) => client);
  const names = [...new Set(edges.flatMap(({ client, server }) => [client, server]))];
  return { nodes: names.map((name) => nodeOf(name, inward.get(name) ?? [], outward.get(name) ?? [], services)), edges };
}

/** A node with those that call it or are called by it, and everything between them. */
export function neighbours(graph: Graph, name: string): Graph {
  const near = new Set([name, ...graph.edges.flatMap((e) => (e.client === name ? [e.server] : e.server === name ? [e.client] : []))]);
  return within(graph, near);
}

function within({ nodes, edges }: Graph, names: ReadonlySet<string>): Graph {
  return {
    nodes: nodes.filter((node) => names.has(node.name)),
    edges: edges.filter(({ client, server }) => names.has(client) && names.has(server)),
  };
}

/** The nodes whose name holds the text, each with its neighbours. */
export function found(graph: Graph, find: string): Graph {
  const text = find.trim().toLowerCase();
  if (text === '') return graph;
  const hits = graph.nodes.filter(({ name }) => name.toLowerCase().includes(text)).map(({ name }) => name);
  return within(graph, new Set(hits.flatMap((name) => [name, ...neighbours(graph, name).nodes.map((node) => node.name)])));
}

/** More nodes than this nobody reads as a picture. */
export const NODES_MAX = 120;
/** More edges than this hide the nodes. */
export const EDGES_MAX = 300;

export interface Drawn {
  readonly graph: Graph;
  readonly nodesLeftOut: number;
  readonly edgesLeftOut: number;
}

/** The busiest nodes, and those in trouble before them, with the busiest edges between them. */
export function largest(graph: Graph): Drawn {
  const rank = (node: GraphNode): number => (inTrouble(node) ? 1e12 : 0) + node.rate;
  const kept =
    graph.nodes.length <= NODES_MAX
      ? graph
      : within(
          graph,
          new Set(
            [...graph.nodes]
              .sort((a, b) => rank(b) - rank(a))
              .slice(0, NODES_MAX)
              .map(({ name }) => name),
          ),
        );
  const edges = kept.edges.slice(0, EDGES_MAX);
  return {
    graph: { nodes: kept.nodes, edges },
    nodesLeftOut: graph.nodes.length - kept.nodes.length,
    edgesLeftOut: graph.edges.length - edges.length,
  };
}

/** Who calls, in words: `2 services, users, a queue`. */
export function callerText(inward: readonly Edge[]): string {
  const of = (connection: Connection): readonly Edge[] => inward.filter((edge) => edge.connection === connection);
  const services = of('services').filter(({ client }) => client !== 'user').length;
  const messaging = of('messaging').length;
  const guesses = of('virtual');
  const users = guesses.some(({ client }) => client === 'user');
  const others = guesses.filter(({ client }) => client !== 'user').length;
  const many = (count: number, one: string): string[] => (count === 0 ? [] : [`${count} ${one}${count === 1 ? '' : 's'}`]);
  return [...(users ? ['users'] : []), ...many(services, 'service'), ...many(messaging, 'queue'), ...many(others, 'other')].join(', ');
}
