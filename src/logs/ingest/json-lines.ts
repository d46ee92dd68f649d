// Newline-delimited JSON at `/insert/jsonline`: one document is one line.
//
// A bad document is refused and named by its number; the others are stored all the same, and the answer says both.
// Source: VictoriaLogs' documentation, "JSON stream API".

import type { Clock } from '../../base/clock.ts';
import { RequestError } from '../../base/request-error.ts';
import { Slices } from '../../metrics/slices.ts';
import { json, plainError, type Reply, type Request, type Route } from '../../server/route.ts';
import type { BeginLogWrite, LogWriteSummary } from '../write.ts';
import { DOCUMENT_HEADERS, documentParams } from './document-params.ts';
import { bodyLines, DocumentReader } from './json-document.ts';

export interface DocumentRoadOptions {
  readonly begin: BeginLogWrite;
  readonly clock: Clock;
}

/** Bad lines that the answer names. */
const NAMED_MAX = 10;

export function jsonLinesRoutes(options: DocumentRoadOptions): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/insert/jsonline',
      summary: 'Stores JSON documents, one on each line, as log lines.',
      access: 'write',
      headers: DOCUMENT_HEADERS,
      error: plainError,
      handle: (request) => receive(request, options),
    },
  ];
}

async function receive(request: Request, { begin, clock }: DocumentRoadOptions): Promise<Reply> {
  const nowNs = BigInt(clock.now()) * 1_000_000n;
  const reader = new DocumentReader({ params: documentParams(request), otherwise: ['job', 'jsonline'], nowNs });
  const write = begin(request.tenants[0] ?? '');
  const mistakes: string[] = [];
  let bad = 0;
  const slices = new Slices(request.signal);
  for (const { number, text } of bodyLines(request.body)) {
    if (slices.isOver()) await slices.pause();
    try {
      const { labels, entry } = reader.read(text);
      write.entry(labels, entry);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      write.refuse('invalid_entry', `line ${number} ${error.message}`);
      if (++bad <= NAMED_MAX) mistakes.push(`line ${number} ${error.message}`);
    }
  }
  if (bad > NAMED_MAX) mistakes.push(`${bad - NAMED_MAX} more lines`);
  const summary = await write.commit();
  const refused = [...mistakes, ...storeRefusals(summary)];
  if (refused.length === 0) return json({ lines: summary.lines });
  const count = summary.refusals.reduce((sum, refusal) => sum + refusal.count, 0);
  throw new RequestError('bad_data', `${count} lines were refused, ${summary.lines} are stored; ${refused.join('; ')}`);
}

/** What the store refused, in words; what the decoder refused is said by itself. */
export function storeRefusals({ refusals }: LogWriteSummary): readonly string[] {
  return refusals
    .filter(({ reason }) => reason !== 'invalid_entry')
    .map(({ reason, count, message }) => `${reason} (${count}): ${message}`);
}
