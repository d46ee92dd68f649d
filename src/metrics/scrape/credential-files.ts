// Secrets and certificates that a configuration gives as text or as a file, read when they are used.

import { readFile } from 'node:fs/promises';

import { RequestError } from '../../base/request-error.ts';
import type { TlsConfig } from './http-config.ts';

/** Options of `node:tls` for a section `tls_config`; files are read now. */
export async function tlsOptions(tls: TlsConfig): Promise<Readonly<Record<string, string | boolean | readonly string[]>>> {
  const ca = await textOrFile(tls.ca, tls.ca_file);
  const cert = await textOrFile(tls.cert, tls.cert_file);
  const key = await textOrFile(tls.key, tls.key_file);
  return {
    rejectUnauthorized: !tls.insecure_skip_verify,
    ...(ca === '' ? {} : { ca }),
    ...(cert === '' ? {} : { cert, key }),
    ...(tls.server_name === '' ? {} : { servername: tls.server_name }),
    ...(tls.min_version === undefined ? {} : { minVersion: tls.min_version }),
    ...(tls.max_version === undefined ? {} : { maxVersion: tls.max_version }),
    ...(tls.next_protos.length === 0 ? {} : { ALPNProtocols: tls.next_protos }),
  };
}

/** A value as configured, or the content of its file without white space around it. */
export async function textOrFile(text: string, file: string): Promise<string> {
  if (text !== '' || file === '') return text;
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new RequestError('unavailable', `unable to read file ${file}: ${reasonOf(cause)}`, { cause });
  }
}

/** What went wrong, from the inside of the error's causes. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
