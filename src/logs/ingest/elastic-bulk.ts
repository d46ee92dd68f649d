// Elasticsearch's `_bulk`, for every shipper that speaks it: documents become log lines.
//
//   {"create":{"_index":"app"}}          action: create or index; others are refused, each by itself
//   {"@timestamp":"…","message":"…"}     document ─▶ DocumentReader ─▶ LogWrite
//
// The answer has one item for each action, in their order. Source: Elasticsearch reference, "Bulk API".

import { RequestError } from '../../base/request-error.ts';
import { Slices } from '../../metrics/slices.ts';
import type { Reply, Request, Route } from '../../server/route.ts';
import { FOR_LATER, type LogWrite, type LogWriteSummary } from '../write.ts';
import { DOCUMENT_HEADERS, documentParams } from './document-params.ts';
import { elasticError, elasticJson } from './elastic-reply.ts';
import { bodyLines, DocumentReader } from './json-document.ts';
import { type DocumentRoadOptions, storeRefusals } from './json-lines.ts';

/** Where clients are pointed to. */
export const ELASTIC_BASES = ['/elasticsearch', '/insert/elasticsearch'];

const BASES = ['', ...ELASTIC_BASES];
const ACTIONS = ['create', 'index', 'update', 'delete'];

interface Action {
  readonly name: string;
  readonly index: string;
  readonly id: string;
}

/** What became of an action. */
interface Item extends Action {
  readonly outcome: 'created' | 'refused' | 'bad_document' | 'bad_action';
  readonly reason: string;
}

export function elasticBulkRoutes(options: DocumentRoadOptions): readonly Route[] {
  return BASES.flatMap((base) =>
    ['/_bulk', '/:index/_bulk'].flatMap((path) =>
      (['POST', 'PUT'] as const).map((method): Route => ({
        method,
        path: base + path,
        summary: 'Stores the documents of Elasticsearch bulk requests as log lines.',
        access: 'write',
        headers: DOCUMENT_HEADERS,
        error: elasticError,
        handle: (request) => receive(request, options),
      })),
    ),
  );
}

async function receive(request: Request, { begin, clock }: DocumentRoadOptions): Promise<Reply> {
  const started = performance.now();
  const nowNs = BigInt(clock.now()) * 1_000_000n;
  const reader = new DocumentReader({ params: documentParams(request), otherwise: ['job', 'elasticsearch'], nowNs });
  const write = begin(request.tenants[0] ?? '');
  const items = await readBulk(request, reader, write);
  const summary = await write.commit();
  const drawn = items.map((item) => itemJson(item, summary)).join(',');
  const errors = items.some(({ outcome }) => outcome !== 'created');
  return elasticJson(`{"took":${Math.round(performance.now() - started)},"errors":${errors},"items":[${drawn}]}`);
}

/** Every action of a body. Throws `bad_data` where actions and documents cannot be told apart; nothing is stored then. */
async function readBulk({ body, params, signal }: Request, reader: DocumentReader, write: LogWrite): Promise<readonly Item[]> {
  const items: Item[] = [];
  let action: Action | undefined;
  const slices = new Slices(signal);
  for (const { number, text } of bodyLines(body)) {
    if (slices.isOver()) await slices.pause();
    if (action !== undefined) {
      items.push(readDocument(action, text, { reader, write }));
      action = undefined;
      continue;
    }
    const next = parseAction(text, number, params['index'] ?? '');
    if (next.name === 'delete') items.push({ ...next, outcome: 'bad_action', reason: 'log lines are only created, never deleted' });
    else action = next;
  }
  if (action !== undefined) throw new RequestError('bad_data', `the last action (${action.name}) has no document after it`);
  return items;
}

function parseAction(text: string, number: number, otherwise: string): Action {
  try {
    const value: unknown = JSON.parse(text);
    const [[name, fields] = ['', undefined], ...more] = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    if (more.length === 0 && ACTIONS.includes(name)) return { name, index: field(fields, '_index') || otherwise, id: field(fields, '_id') };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RequestError('bad_data', `Malformed action/metadata line [${number}], expected one of ${ACTIONS.join(', ')}`);
}

function field(fields: unknown, name: string): string {
  if (typeof fields !== 'object' || fields === null) return '';
  const value = new Map<string, unknown>(Object.entries(fields)).get(name);
  return typeof value === 'string' || typeof value === 'number' ? String(value).toWellFormed() : '';
}

function readDocument(
  action: Action,
  text: string,
  { reader, write }: { readonly reader: DocumentReader; readonly write: LogWrite },
): Item {
  if (action.name === 'update') return { ...action, outcome: 'bad_action', reason: 'log lines are only created, never updated' };
  try {
    const { labels, entry } = reader.read(text, [['index', action.index]]);
    return { ...action, outcome: write.entry(labels, entry) ? 'created' : 'refused', reason: '' };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    write.refuse('invalid_entry', `a document ${error.message}`);
    return { ...action, outcome: 'bad_document', reason: `the document ${error.message}` };
  }
}

function itemJson({ name, index, id, outcome, reason }: Item, summary: LogWriteSummary): string {
  const about = { _index: index, _id: id };
  const refused = (status: number, type: string, why: string): unknown => ({ ...about, status, error: { type, reason: why } });
  const draw = (): unknown => {
    switch (outcome) {
      case 'created':
        return {
          ...about,
          _version: 1,
          result: 'created',
          _shards: { total: 1, successful: 1, failed: 0 },
          _seq_no: 0,
          _primary_term: 1,
          status: 201,
        };
      case 'bad_document':
        return refused(400, 'document_parsing_exception', reason);
      case 'bad_action':
        return refused(400, 'illegal_argument_exception', reason);
      case 'refused': {
        const isForLater = summary.refusals.every((refusal) => FOR_LATER.has(refusal.reason));
        return refused(
          isForLater ? 429 : 400,
          isForLater ? 'es_rejected_execution_exception' : 'illegal_argument_exception',
          storeRefusals(summary).join('; '),
        );
      }
    }
  };
  return JSON.stringify({ [name]: draw() });
}
