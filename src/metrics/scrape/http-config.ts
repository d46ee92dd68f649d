// How to speak HTTP with a target or a discovery: credentials, TLS, proxy, headers. The same fields stand in many sections.
//
// Source: prometheus/common `config.HTTPClientConfig`.

import { refuse, url } from './scalars.ts';
import type { ValueOf, ValuesOf } from './yaml-schema.ts';
import { boolean, defaulted, fileName, list, mapOf, optional, scalar, section, text } from './yaml-schema.ts';

const TLS_VERSIONS: Readonly<Record<string, TlsVersion>> = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' };

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

const tlsVersion = scalar<TlsVersion | undefined>('config.TLSVersion', undefined, (value) =>
  Object.hasOwn(TLS_VERSIONS, value) ? TLS_VERSIONS[value] : refuse(`unknown TLS version: ${value}`),
);

const TLS_FIELDS = {
  ca: text,
  cert: text,
  key: text,
  ca_file: fileName,
  cert_file: fileName,
  key_file: fileName,
  ca_ref: text,
  cert_ref: text,
  key_ref: text,
  server_name: text,
  insecure_skip_verify: boolean,
  min_version: tlsVersion,
  max_version: tlsVersion,
  next_protos: list(text),
};

function countGiven(...values: readonly string[]): number {
  return values.filter((value) => value !== '').length;
}

export const tlsConfig = section('config.plain', TLS_FIELDS, (tls) => {
  if (countGiven(tls.ca, tls.ca_file, tls.ca_ref) > 1) refuse('at most one of ca, ca_file & ca_ref must be configured');
  const certs = countGiven(tls.cert, tls.cert_file, tls.cert_ref);
  const keys = countGiven(tls.key, tls.key_file, tls.key_ref);
  if (certs > 1) refuse('at most one of cert, cert_file & cert_ref must be configured');
  if (keys > 1) refuse('at most one of key and key_file must be configured');
  if (certs > 0 && keys === 0) refuse('exactly one of key or key_file must be configured when a client certificate is configured');
  if (keys > 0 && certs === 0) refuse('exactly one of cert or cert_file must be configured when a client key is configured');
});

export type TlsConfig = ValueOf<typeof tlsConfig>;

const PROXY_FIELDS = {
  proxy_url: url,
  no_proxy: text,
  proxy_from_environment: boolean,
  proxy_connect_header: mapOf(list(text)),
};

const basicAuth = section('config.plain', {
  username: text,
  username_file: fileName,
  username_ref: text,
  password: text,
  password_file: fileName,
  password_ref: text,
});

const authorization = section('config.Authorization', { type: text, credentials: text, credentials_file: fileName, credentials_ref: text });

const oauth2 = section(
  'config.plain',
  {
    client_id: text,
    client_secret: text,
    client_secret_file: fileName,
    client_secret_ref: text,
    client_certificate_key_id: text,
    client_certificate_key: text,
    client_certificate_key_file: fileName,
    client_certificate_key_ref: text,
    grant_type: text,
    signature_algorithm: text,
    iss: text,
    audience: text,
    claims: mapOf(text),
    scopes: list(text),
    token_url: text,
    endpoint_params: mapOf(text),
    tls_config: tlsConfig,
    ...PROXY_FIELDS,
  },
  (value) => checkProxy(value),
);

const header = section('config.Header', { values: list(text), secrets: list(text), files: list(fileName) });

/** The fields of `HTTPClientConfig`, to be spread into a section. */
export const HTTP_FIELDS = {
  basic_auth: optional(basicAuth),
  authorization: optional(authorization),
  oauth2: optional(oauth2),
  bearer_token: text,
  bearer_token_file: fileName,
  tls_config: tlsConfig,
  follow_redirects: defaulted(boolean, true),
  enable_http2: defaulted(boolean, true),
  ...PROXY_FIELDS,
  http_headers: optional(mapOf(header)),
};

export type HttpConfig = ValuesOf<typeof HTTP_FIELDS>;
export type OAuth2Config = ValueOf<typeof oauth2>;

/** What stands when nothing is configured. */
export const DEFAULT_HTTP_CONFIG: HttpConfig = {
  ...section('config.plain', HTTP_FIELDS).zero(),
  follow_redirects: true,
  enable_http2: true,
};

/** Headers that a configuration must not set itself. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'host',
  'content-encoding',
  'content-length',
  'content-type',
  'user-agent',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'www-authenticate',
  'accept-encoding',
  'x-prometheus-remote-write-version',
  'x-prometheus-remote-read-version',
  'x-prometheus-scrape-timeout-seconds',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
]);

/** Throws `bad_data` on a reserved header, in the words of remote write, remote read and tracing. */
export function checkHeaders(headers: ReadonlyMap<string, string>, authorizationProblem: string): void {
  for (const name of headers.keys()) {
    const lower = name.toLowerCase();
    if (lower === 'authorization') refuse(authorizationProblem);
    if (RESERVED_HEADERS.has(lower) && lower !== 'x-prometheus-scrape-timeout-seconds') {
      refuse(`${name} is a reserved header. It must not be changed`);
    }
  }
}

/** Throws `bad_data` where the fields contradict one another. */
export function checkHttp(http: HttpConfig): void {
  const bearer = countGiven(http.bearer_token, http.bearer_token_file);
  if (bearer > 1) refuse('at most one of bearer_token & bearer_token_file must be configured');
  if ((http.basic_auth !== undefined || http.oauth2 !== undefined) && bearer > 0) {
    refuse('at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured');
  }
  checkBasicAuth(http);
  checkAuthorization(http, bearer);
  checkOAuth2(http);
  checkProxy(http);
  for (const name of http.http_headers?.keys() ?? []) {
    if (RESERVED_HEADERS.has(name.toLowerCase())) refuse(`setting header ${JSON.stringify(name)} is not allowed`);
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) refuse(`${JSON.stringify(name)} is not a valid header name`);
  }
}

function checkBasicAuth({ basic_auth: basic }: HttpConfig): void {
  if (basic === undefined) return;
  if (countGiven(basic.username, basic.username_file, basic.username_ref) > 1) {
    refuse('at most one of basic_auth username, username_file & username_ref must be configured');
  }
  if (countGiven(basic.password, basic.password_file, basic.password_ref) > 1) {
    refuse('at most one of basic_auth password, password_file & password_ref must be configured');
  }
}

function checkAuthorization(http: HttpConfig, bearer: number): void {
  const given = http.authorization;
  if (given === undefined) return;
  if (bearer > 0) refuse('authorization is not compatible with bearer_token & bearer_token_file');
  if (countGiven(given.credentials, given.credentials_file, given.credentials_ref) > 1) {
    refuse('at most one of authorization credentials & credentials_file must be configured');
  }
  if (given.type.trim().toLowerCase() === 'basic') refuse('authorization type cannot be set to "basic", use "basic_auth" instead');
  if (http.basic_auth !== undefined || http.oauth2 !== undefined) {
    refuse('at most one of basic_auth, oauth2 & authorization must be configured');
  }
}

const GRANT_CLIENT_CREDENTIALS = 'client_credentials';
const GRANT_JWT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

function checkOAuth2({ oauth2: given, basic_auth: basic }: HttpConfig): void {
  if (given === undefined) return;
  if (basic !== undefined) refuse('at most one of basic_auth, oauth2 & authorization must be configured');
  if (given.client_id === '') refuse('oauth2 client_id must be configured');
  if (given.token_url === '') refuse('oauth2 token_url must be configured');
  if (!['', GRANT_CLIENT_CREDENTIALS, GRANT_JWT].includes(given.grant_type)) {
    refuse(`oauth2 grant_type must be ${GRANT_CLIENT_CREDENTIALS} or ${GRANT_JWT}`);
  }
  if (countGiven(given.client_secret, given.client_secret_file, given.client_secret_ref) > 1) {
    refuse('at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured');
  }
}

function checkProxy(proxy: ValuesOf<typeof PROXY_FIELDS>): void {
  const hasUrl = (proxy.proxy_url?.text ?? '') !== '';
  if (proxy.proxy_connect_header.size > 0 && !proxy.proxy_from_environment && !hasUrl) {
    refuse('if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured');
  }
  if (proxy.proxy_from_environment && hasUrl) refuse('if proxy_from_environment is configured, proxy_url must not be configured');
  if (proxy.proxy_from_environment && proxy.no_proxy !== '')
    refuse('if proxy_from_environment is configured, no_proxy must not be configured');
  if (proxy.proxy_url === undefined && proxy.no_proxy !== '') refuse('if no_proxy is configured, proxy_url must also be configured');
}
