// Who is at the other end of a request that only one side tells of: a database, or a service that sends no spans.
//
// Attributes are gone through once for each span, so that a client's span costs little: what they say comes as values by the place of their key.
//
// Source: Tempo `modules/generator/processor/servicegraphs` (`upsertDatabaseRequest`, `upsertPeerNode`, `onExpire`); OpenTelemetry semantic conventions.

import { type AnyValue, type Attributes, valueText } from '../../otlp/any-value.ts';

/** A span with one of these is a request to a database; the first that is not empty names it when nothing better does. */
const DATABASE_NAMES = ['db.namespace', 'db.name', 'db.system.name', 'db.system'];
/** Names of the service at the other end, in today's spelling and the one before. */
const SERVICE_NAMES = ['peer.service', 'service.peer.name'];
const DATABASE_PLACES = [...SERVICE_NAMES, 'server.address'];
const HOST = 'network.peer.address';
const PORT = 'network.peer.port';

/** The values of the attributes that matter, by their places; undefined where there are none. */
export type PeerFacts = readonly (AnyValue | undefined)[] | undefined;

type Places = readonly number[];

/** Longer keys count as being of this length, less one. */
const SHORT_KEY = 64;

/** Reads the other end of a request out of attributes. `peerAttributes` are those of the setting. */
export class RequestPeers {
  readonly #places = new Map<string, number>();
  /** For each length and first letter whether a key that matters has them: most keys need no look-up. */
  readonly #candidates = new Uint8Array(SHORT_KEY * 128);
  readonly #none: readonly (AnyValue | undefined)[];
  readonly #databaseNames: Places;
  readonly #databasePlaces: Places;
  readonly #host: Places;
  readonly #port: Places;
  readonly #servers: Places;
  readonly #clients: Places;

  constructor(peerAttributes: readonly string[]) {
    const placesOf = (keys: readonly string[]): Places =>
      keys.map((key) => {
        const place = this.#places.get(key) ?? this.#places.size;
        this.#places.set(key, place);
        this.#candidates[candidate(key)] = 1;
        return place;
      });
    this.#databaseNames = placesOf(DATABASE_NAMES);
    this.#databasePlaces = placesOf(DATABASE_PLACES);
    this.#host = placesOf([HOST]);
    this.#port = placesOf([PORT]);
    this.#servers = placesOf(peerAttributes);
    // Of a root span, attributes of addresses and databases tell of the server itself: only those of services name who asks.
    this.#clients = placesOf(SERVICE_NAMES.filter((key) => peerAttributes.includes(key)));
    this.#none = Array.from(this.#places, () => undefined);
  }

  /** What attributes say; of a name given twice the first counts. */
  facts(attributes: Attributes): PeerFacts {
    let facts: (AnyValue | undefined)[] | undefined;
    for (const { key, value } of attributes) {
      if (this.#candidates[candidate(key)] === 0) continue;
      const place = this.#places.get(key);
      if (place === undefined) continue;
      facts ??= this.#none.slice();
      facts[place] ??= value;
    }
    return facts;
  }

  /** The database that a client's span asks; undefined where it asks none, or one without a name. */
  database(span: PeerFacts, resource: PeerFacts): string | undefined {
    if (span === undefined && resource === undefined) return undefined;
    if (!this.#databaseNames.some((place) => (span?.[place] ?? resource?.[place]) !== undefined)) return undefined;
    const named = first(this.#databasePlaces, span, resource);
    if (named !== undefined) return named;
    const host = first(this.#host, span, resource);
    if (host === undefined) return first(this.#databaseNames, span, resource);
    const port = first(this.#port, span, resource);
    return port === undefined ? host : `${host}:${port}`;
  }

  /** The server of a client's span that has no server's span. */
  server(span: PeerFacts): string | undefined {
    return first(this.#servers, span);
  }

  /** The client of a root span. */
  client(span: PeerFacts): string {
    return first(this.#clients, span) ?? 'user';
  }
}

function candidate(key: string): number {
  return Math.min(key.length, SHORT_KEY - 1) * 128 + (key.charCodeAt(0) & 127);
}

// The first place with a text that is not empty; at each the span counts before its resource.
function first(places: Places, span: PeerFacts, resource?: PeerFacts): string | undefined {
  for (const place of places) {
    const value = span?.[place] ?? resource?.[place];
    const text = value === undefined ? '' : valueText(value);
    if (text !== '') return text;
  }
  return undefined;
}
