// Asking a target or a discovery over HTTP: credentials, TLS, proxy, redirects, compression and the bound on the body.
//
// Source: prometheus/common `config.NewClientFromConfig`. Connections are kept; credential and key files are read again, so that they may change.

import type { IncomingMessage } from 'node:http';
import { Agent as HttpAgent, request as httpRequest, STATUS_CODES } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

import { RequestError } from '../../base/request-error.ts';
import { REDIRECTS_MAX } from '../../limits.ts';
import { reasonOf, textOrFile, tlsOptions } from './credential-files.ts';
import type { HttpConfig } from './http-config.ts';
import { OAuthToken } from './oauth-token.ts';

/** Longer than most scrape intervals, so that connections are kept between scrapes. */
const IDLE_TIMEOUT_MS = 300_000;

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Bytes of the body after decompression. */
  readonly bodyBytesMax: number;
  /** What the refusal of a larger body says. */
  readonly bodyProblem?: string;
  readonly compression: boolean;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly contentType: string;
  readonly body: Buffer;
}

export interface HttpClientOptions {
  readonly userAgent: string;
  /** For `proxy_from_environment`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A client for one section's targets. Errors are `RequestError` with a message for the target's page. */
export class HttpClient {
  readonly #config: HttpConfig;
  readonly #options: HttpClientOptions;
  readonly #token: OAuthToken | undefined;
  #made: { readonly version: string; readonly agents: Promise<Agents> } | undefined;

  constructor(config: HttpConfig, options: HttpClientOptions) {
    this.#config = config;
    this.#options = options;
    this.#token = config.oauth2 === undefined ? undefined : new OAuthToken(config.oauth2, { userAgent: options.userAgent });
  }

  /** The body of a 200. Rejects with `timeout`, `canceled`, `too_large`, or `unavailable` with what the network or the target said. */
  async get(url: string, options: GetOptions): Promise<HttpAnswer> {
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
    try {
      return await this.#get(url, options, signal);
    } catch (cause) {
      if (cause instanceof RequestError && cause.code !== 'internal') throw cause;
      if (timeout.aborted) throw new RequestError('timeout', `Get ${JSON.stringify(url)}: context deadline exceeded`, { cause });
      if (signal.aborted) throw new RequestError('canceled', `Get ${JSON.stringify(url)}: context canceled`, { cause });
      throw new RequestError('unavailable', `Get ${JSON.stringify(url)}: ${reasonOf(cause)}`, { cause });
    }
  }

  close(): void {
    void this.#made?.agents.then(
      (agents) => {
        agents.http.destroy();
        agents.https.destroy();
      },
      () => undefined,
    );
    this.#made = undefined;
    this.#token?.close();
  }

  async #get(url: string, options: GetOptions, signal: AbortSignal): Promise<HttpAnswer> {
    const first = new URL(url);
    let at = first;
    for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
      const response = await this.#send(at, options, { signal, isSameHost: at.host === first.host });
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      if (this.#config.follow_redirects && location !== undefined && [301, 302, 303, 307, 308].includes(status)) {
        response.resume();
        at = new URL(location, at);
        continue;
      }
      if (status !== 200) {
        response.resume();
        throw new RequestError(
          'unavailable',
          `server returned HTTP status ${status} ${response.statusMessage ?? STATUS_CODES[status] ?? ''}`.trimEnd(),
        );
      }
      return { contentType: response.headers['content-type'] ?? '', body: await readBody(response, options, signal) };
    }
    throw new Error(`stopped after ${REDIRECTS_MAX} redirects`);
  }

  async #send(
    url: URL,
    options: GetOptions,
    hop: { readonly signal: AbortSignal; readonly isSameHost: boolean },
  ): Promise<IncomingMessage> {
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new Error(`unsupported protocol scheme "${url.protocol.slice(0, -1)}"`);
    const agents = await this.#freshAgents();
    const headers: Record<string, string | string[]> = {
      'user-agent': this.#options.userAgent,
      'accept-encoding': options.compression ? 'gzip' : 'identity',
      ...options.headers,
      ...(await configuredHeaders(this.#config)),
      ...(hop.isSameHost ? await this.#authorization() : {}),
    };
    const { signal } = hop;
    return new Promise((resolve, reject) => {
      const sent =
        url.protocol === 'https:'
          ? httpsRequest(url, { agent: agents.https, headers, signal })
          : httpRequest(url, { agent: agents.http, headers, signal });
      sent.once('response', resolve);
      sent.once('error', reject);
      sent.end();
    });
  }

  async #authorization(): Promise<Record<string, string>> {
    const { basic_auth: basic, authorization, bearer_token: bearer, bearer_token_file: bearerFile } = this.#config;
    if (this.#token !== undefined) return { authorization: await this.#token.header() };
    if (basic !== undefined) {
      const user = await textOrFile(basic.username, basic.username_file);
      const password = await textOrFile(basic.password, basic.password_file);
      return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
    }
    const credentials = await textOrFile(authorization?.credentials ?? bearer, authorization?.credentials_file ?? bearerFile);
    return credentials === '' ? {} : { authorization: `${authorization?.type.trim() || 'Bearer'} ${credentials}` };
  }

  /** The agents, made anew when a TLS file has changed. Requests under way keep the old ones, which end when they are idle. */
  async #freshAgents(): Promise<Agents> {
    const { tls_config: tls } = this.#config;
    const version = await filesVersion([tls.ca_file, tls.cert_file, tls.key_file]);
    if (this.#made?.version !== version) this.#made = { version, agents: this.#createAgents() };
    const made = this.#made;
    try {
      return await made.agents;
    } catch (error) {
      if (this.#made === made) this.#made = undefined;
      throw error;
    }
  }

  async #createAgents(): Promise<Agents> {
    const proxyEnv = proxySettings(this.#config, this.#options.environment ?? {});
    const options = { keepAlive: true, timeout: IDLE_TIMEOUT_MS, ...(proxyEnv === undefined ? {} : { proxyEnv }) };
    return { http: new HttpAgent(options), https: new HttpsAgent({ ...options, ...(await tlsOptions(this.#config.tls_config)) }) };
  }
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

async function filesVersion(files: readonly string[]): Promise<string> {
  const versions = await Promise.all(
    files.map(async (file) => {
      if (file === '') return '';
      const { mtimeMs, size } = await stat(file);
      return `${mtimeMs}:${size}`;
    }),
  );
  return versions.join('|');
}

async function configuredHeaders({ http_headers: headers }: HttpConfig): Promise<Record<string, string[]>> {
  const out: Record<string, string[]> = {};
  for (const [name, { values, secrets, files }] of headers ?? []) {
    out[name] = [...values, ...secrets, ...(await Promise.all(files.map(async (file) => textOrFile('', file))))];
  }
  return out;
}

function proxySettings(config: HttpConfig, environment: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv | undefined {
  if (config.proxy_from_environment) return environment;
  const proxy = config.proxy_url?.text ?? '';
  return proxy === '' ? undefined : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: config.no_proxy };
}

async function readBody(response: IncomingMessage, options: GetOptions, signal: AbortSignal): Promise<Buffer> {
  const isGzip = (response.headers['content-encoding'] ?? '').toLowerCase() === 'gzip';
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stream = isGzip ? response.pipe(createGunzip()) : response;
  if (isGzip) response.once('error', (error) => stream.destroy(error));
  const abort = (): void => void stream.destroy(new Error('aborted'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > options.bodyBytesMax)
        throw new RequestError('too_large', options.bodyProblem ?? `body over ${options.bodyBytesMax} bytes`);
      chunks.push(chunk);
    }
  } finally {
    signal.removeEventListener('abort', abort);
    if (!response.complete) response.destroy();
  }
  return Buffer.concat(chunks, bytes);
}
