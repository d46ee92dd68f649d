// OAuth 2.0 client credentials: a token, fetched when it is needed and kept until shortly before it expires.
//
// Source: RFC 6749 section 4.4; the client authenticates with HTTP basic authentication (section 2.3.1).

import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

import { RequestError } from '../../base/request-error.ts';
import { textOrFile, tlsOptions } from './credential-files.ts';
import type { OAuth2Config } from './http-config.ts';

const FETCH_TIMEOUT_MS = 30_000;
const ANSWER_BYTES_MAX = 1024 * 1024;
/** A token is fetched anew this long before it expires. */
const EXPIRY_MARGIN_MS = 10_000;

/** The token of one section. */
export class OAuthToken {
  readonly #config: OAuth2Config;
  readonly #userAgent: string;
  #held: { readonly header: string; readonly expires: number } | undefined;
  #fetching: Promise<string> | undefined;
  #agent: HttpAgent | undefined;

  constructor(config: OAuth2Config, options: { readonly userAgent: string }) {
    this.#config = config;
    this.#userAgent = options.userAgent;
  }

  /** The value of `Authorization`. Rejects with what the token server said. */
  async header(): Promise<string> {
    if (this.#held !== undefined && Date.now() < this.#held.expires) return this.#held.header;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  close(): void {
    this.#agent?.destroy();
  }

  async #fetch(): Promise<string> {
    const { client_id: id, scopes, endpoint_params: params } = this.#config;
    const secret = await textOrFile(this.#config.client_secret, this.#config.client_secret_file);
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (scopes.length > 0) form.set('scope', scopes.join(' '));
    for (const [name, value] of params) form.set(name, value);
    const credentials = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
    const { status, text } = await this.#post(form.toString(), `Basic ${Buffer.from(credentials).toString('base64')}`);
    const token = status === 200 ? parseToken(text) : undefined;
    if (token === undefined) throw new RequestError('unavailable', `oauth2: cannot fetch token: ${status} Response: ${text.slice(0, 200)}`);
    const header = `${token.type} ${token.value}`;
    this.#held = {
      header,
      expires: Date.now() + (token.expiresInS === undefined ? Number.MAX_SAFE_INTEGER / 2 : token.expiresInS * 1000 - EXPIRY_MARGIN_MS),
    };
    return header;
  }

  async #post(body: string, authorization: string): Promise<{ readonly status: number; readonly text: string }> {
    const url = new URL(this.#config.token_url);
    const tls = await tlsOptions(this.#config.tls_config);
    const proxy = this.#config.proxy_url?.text ?? '';
    const shared = {
      keepAlive: false,
      ...(proxy === '' ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: this.#config.no_proxy } }),
    };
    this.#agent = url.protocol === 'https:' ? new HttpsAgent({ ...shared, ...tls }) : new HttpAgent(shared);
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded', 'user-agent': this.#userAgent };
    const options = { method: 'POST', agent: this.#agent, headers, signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) };
    return new Promise((resolve, reject) => {
      const sent = url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
      sent.once('error', reject);
      sent.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > ANSWER_BYTES_MAX) response.destroy(new Error('oauth2: answer of the token server is too large'));
        });
        response.once('error', reject);
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      sent.end(body);
    });
  }
}

interface Token {
  readonly value: string;
  readonly type: string;
  readonly expiresInS: number | undefined;
}

function parseToken(text: string): Token | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { access_token: value, token_type: type, expires_in: expires } = answer as Readonly<Record<string, unknown>>;
  if (typeof value !== 'string' || value === '') return undefined;
  const seconds = Number(expires);
  const kind = typeof type === 'string' && type.toLowerCase() !== 'bearer' ? type : 'Bearer';
  return { value, type: kind, expiresInS: Number.isFinite(seconds) && seconds > 0 ? seconds : undefined };
}
