// Which form of a federation page a client takes: text or protobuf, with UTF-8 names or without.
//
// Source: Prometheus documentation, "Content negotiation"; RFC 9110, section 12.5.1. Of equal weights the first is taken.

export interface FederationFormat {
  readonly kind: 'text' | 'protobuf';
  /** True where names may hold any character; for other clients each strange character becomes an underscore. */
  readonly utf8: boolean;
}

/** So many media ranges of `Accept` are looked at. */
const RANGES_MAX = 50;

/** The form for an `Accept` header; text where nothing in it is known. */
export function federationFormat(accept: string): FederationFormat {
  let best: FederationFormat | undefined;
  let weight = 0;
  for (const range of accept.toLowerCase().split(',', RANGES_MAX)) {
    const [type = '', ...rest] = range.split(';').map((part) => part.trim());
    const params = new Map(
      rest.map((param): [string, string] => {
        const [name = '', value = ''] = param.split('=', 2);
        return [name, value];
      }),
    );
    const quality = Number(params.get('q') ?? 1);
    const kind = kindOf(type, params);
    if (kind === undefined || !(quality > weight)) continue;
    weight = quality;
    best = { kind, utf8: params.get('escaping') === 'allow-utf-8' };
  }
  return best ?? { kind: 'text', utf8: false };
}

function kindOf(type: string, params: ReadonlyMap<string, string>): FederationFormat['kind'] | undefined {
  if (type === 'text/plain') return ['', '0.0.4', '1.0.0'].includes(params.get('version') ?? '') ? 'text' : undefined;
  const isFamilies = params.get('proto') === 'io.prometheus.client.metricfamily' && params.get('encoding') === 'delimited';
  return type === 'application/vnd.google.protobuf' && isFamilies ? 'protobuf' : undefined;
}

/** `Content-Type` of a page. */
export function federationContentType({ kind, utf8 }: FederationFormat): string {
  const escaping = utf8 ? 'allow-utf-8' : 'underscores';
  if (kind === 'protobuf')
    return `application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=${escaping}`;
  return `text/plain; version=${utf8 ? '1.0.0' : '0.0.4'}; charset=utf-8; escaping=${escaping}`;
}
