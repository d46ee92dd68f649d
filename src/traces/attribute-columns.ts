// Which columns the table of spans has for attributes of spans.
//
//   attr_http_method …   one for each key of the semantic conventions that is asked about most
//   low_1 … low_24       given to keys of a tenant that turn out to be frequent, of few different values
//   any_1 … any_12       the same for values of which there are many
//   attrs                a map, for all the rest
//
// A column of its own is read 10 to 30 times as fast as a key of a map. Values are typed texts (typed-text.ts); the empty text is no value.
// Source: OpenTelemetry semantic conventions 1.37 for HTTP, databases, messaging and RPC, and their names before they were stable.

/** Keys with a column in every tenant, of few different values each. */
const CONVENTIONAL_LOW: readonly string[] = [
  'http.method',
  'http.request.method',
  'http.status_code',
  'http.response.status_code',
  'http.route',
  'http.scheme',
  'url.scheme',
  'server.address',
  'net.peer.name',
  'peer.service',
  'db.system',
  'db.system.name',
  'db.name',
  'db.namespace',
  'db.operation',
  'db.operation.name',
  'db.collection.name',
  'messaging.system',
  'messaging.operation',
  'messaging.operation.type',
  'messaging.destination.name',
  'rpc.system',
  'rpc.service',
  'rpc.method',
  'error.type',
];

/** The same, of many. */
const CONVENTIONAL_ANY: readonly string[] = ['http.url', 'http.target', 'url.full', 'url.path', 'db.statement', 'db.query.text'];

const LOW_COUNT = 24;
const ANY_COUNT = 12;

export type Kind = 'low' | 'any';

export interface AttributeColumn {
  readonly name: string;
  /** `low` columns are dictionaries. */
  readonly kind: Kind;
  /** The key that it holds in every tenant; undefined of those that are given away. */
  readonly key: string | undefined;
}

export const ATTRIBUTE_COLUMNS: readonly AttributeColumn[] = [
  ...CONVENTIONAL_LOW.map((key) => ({ name: columnName(key), kind: 'low' as const, key })),
  ...CONVENTIONAL_ANY.map((key) => ({ name: columnName(key), kind: 'any' as const, key })),
  ...Array.from({ length: LOW_COUNT }, (_, i) => ({ name: `low_${i + 1}`, kind: 'low' as const, key: undefined })),
  ...Array.from({ length: ANY_COUNT }, (_, i) => ({ name: `any_${i + 1}`, kind: 'any' as const, key: undefined })),
];

/** Position in `ATTRIBUTE_COLUMNS` of the column that holds a key in every tenant. */
export const CONVENTIONAL: ReadonlyMap<string, number> = new Map(
  ATTRIBUTE_COLUMNS.flatMap(({ key }, position) => (key === undefined ? [] : [[key, position] as const])),
);

function columnName(key: string): string {
  return `attr_${key.replace(/[^a-z0-9]/g, '_')}`;
}
