// A link from what is shown or told (a span, a log line, a series, an exemplar, a service, an edge between two) to what belongs to it, in the same time.
//
// Links need no configuration: they follow from ids, from attributes of the semantic conventions, and from the names that this program gives itself.
// The pages, the API (`/api/links`) and alerts make them of the same function, `linksOf` (links.ts).

/** What a link starts from: as much of it as is known. */
export interface LinkSubject {
  /** Lower-case hex, 32 and 16 digits. */
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  readonly service?: string | undefined;
  /** The span's name. */
  readonly operation?: string | undefined;
  /** As metrics from spans spell it: `SPAN_KIND_SERVER`. */
  readonly spanKind?: string | undefined;
  /** Of an edge between two services, the side that is called; `service` is the one that calls. */
  readonly server?: string | undefined;
  /**
   * Attributes of the span and its resource, or labels of a stream or a series, as text: the pod, the host, the namespace, of an edge its
   * `connection_type`. They also tell the trace, the service and the operation where the fields above do not.
   */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds since the epoch: the time of what it starts from. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Now, where it is known: no link reaches further. */
  readonly nowMs?: number | undefined;
}

export type LinkTarget = 'trace' | 'traces' | 'logs' | 'metrics' | 'service' | 'profile';

export interface Link {
  readonly to: LinkTarget;
  /** A few words: `Logs of this trace`, `Rate, errors, duration of GET /cart`. */
  readonly title: string;
  /** Of the page, below the UI's base, with its query string: `/logs?q=…&from=…&to=…`. */
  readonly path: string;
  /** What the page asks, where it asks something: the same through the API. */
  readonly query: { readonly language: 'promql' | 'logql' | 'traceql'; readonly text: string } | undefined;
}
