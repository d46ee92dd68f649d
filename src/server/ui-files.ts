// The files of the UI: what no route takes. Files with a hash in their name are kept by browsers for ever; page addresses get `index.html`.

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { RequestError } from '../base/request-error.ts';
import { acceptedCompression } from './reply.ts';
import { plainError, type Reply, type Request, type Route } from './route.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'x-frame-options': 'SAMEORIGIN',
};

const NOT_BUILT = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sightline</title></head>
<body><h1>The UI is not built</h1><p>The program runs and its APIs answer. Build the pages with <code>npm run build</code>, then load this one again.</p></body></html>
`;

const PRECOMPRESSED = { gzip: '.gz', zstd: '.zst' } as const;
/** Paths of the APIs: an unknown one is an error, never a page. */
const API_PATH = /^\/(?:api|prom|prometheus|am|alertmanager|otlp|v1|v1development|loki|pyroscope|metrics|write|-)(?:\/|$)/;

/** The route that answers what no other does, from the files under `directory`. */
export function uiFallback(directory: string): Route {
  return {
    method: 'GET',
    path: '/*ui',
    summary: 'The pages of the UI.',
    access: 'open',
    headers: ['if-none-match', 'accept-encoding'],
    error: plainError,
    handle: (request) => answer(directory, request),
  };
}

async function answer(directory: string, request: Request): Promise<Reply> {
  const path = filePath(request.path);
  const file = path === undefined || path === sep ? undefined : await load(directory, path, request);
  if (file !== undefined) return file;
  const isPage = request.accept.includes('text/html') && !API_PATH.test(request.path) && extname(request.path) === '';
  if (!isPage && request.path !== '/') throw new RequestError('not_found', `nothing is served at ${request.path}`);
  return (
    (await load(directory, `${sep}index.html`, request)) ?? {
      status: 200,
      headers: { ...SECURITY_HEADERS, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
      body: NOT_BUILT,
    }
  );
}

/** The path inside the directory; undefined when it would leave it. */
function filePath(path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (decoded.includes('\0')) return undefined;
  const normal = normalize(decoded);
  return normal.split(sep).includes('..') ? undefined : normal;
}

async function load(directory: string, path: string, request: Request): Promise<Reply | undefined> {
  const name = join(directory, path);
  const info = await stat(name).catch(() => undefined);
  if (info?.isFile() !== true) return undefined;
  const isHashed = path.startsWith(`${sep}assets${sep}`);
  const etag = `"${createHash('sha1').update(`${path} ${info.size} ${info.mtimeMs}`).digest('base64url')}"`;
  const headers: Record<string, string> = {
    ...SECURITY_HEADERS,
    'content-type': CONTENT_TYPES[extname(path)] ?? 'application/octet-stream',
    'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag,
  };
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known?.includes(etag) === true) return { status: 304, headers };
  const compression = acceptedCompression(request.headers['accept-encoding'] ?? '');
  const compressed = compression === undefined ? undefined : await readFile(name + PRECOMPRESSED[compression]).catch(() => undefined);
  if (compression !== undefined && compressed !== undefined) {
    return { status: 200, headers: { ...headers, 'content-encoding': compression, vary: 'accept-encoding' }, body: compressed };
  }
  return { status: 200, headers, body: await readFile(name) };
}
