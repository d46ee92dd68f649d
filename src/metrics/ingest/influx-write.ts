// InfluxDB's write interfaces, for Telegraf and every client library of InfluxDB 1 and 2: `/write` and `/api/v2/write`, `/ping` and as much of
// `/query` as their start needs.
//
// A line that cannot be read, or a sample that is refused, makes the answer 400 and names it; everything else is stored all the same.
// Source: InfluxDB 1.8 and 2 API references; the label `db` as VictoriaMetrics sets it.

import { isUtf8 } from 'node:buffer';
import { RequestError } from '../../base/request-error.ts';
import { json, type Reply, type Request, type Route } from '../../server/route.ts';
import { describeRefusals } from './push-answer.ts';
import type { PushOptions } from './import-prometheus.ts';
import { parseLineProtocol, precisionOf } from './line-protocol.ts';

const BASES = ['', '/influx'];

/** Refused lines that an answer spells out. */
const REASONS_MAX = 10;

const VERSION_HEADERS = { 'x-influxdb-version': '1.8.10', 'x-influxdb-build': 'Sightline' };

/** The routes under `/` and `/influx`. */
export function influxRoutes(options: PushOptions): readonly Route[] {
  return BASES.flatMap((base) => [
    ...['/write', '/api/v2/write'].map((path): Route => ({
      method: 'POST',
      path: base + path,
      summary: 'Stores the numeric fields of points in the InfluxDB line protocol.',
      access: 'write',
      error: influxError,
      handle: (request) => receive(request, options),
    })),
    {
      method: 'GET',
      path: `${base}/ping`,
      summary: 'Tells clients of InfluxDB that writes are taken here.',
      access: 'open',
      error: influxError,
      handle: () => ({ status: 204, headers: VERSION_HEADERS }),
    },
    ...(['GET', 'POST'] as const).map((method): Route => ({
      method,
      path: `${base}/query`,
      summary: 'Answers the CREATE DATABASE and SHOW DATABASES with which clients of InfluxDB begin.',
      access: 'write',
      error: influxError,
      handle: answerQuery,
    })),
  ]);
}

async function receive(request: Request, { begin, now }: PushOptions): Promise<Reply> {
  const precisionName = request.query.get('precision') || 'ns';
  const precision = precisionOf(precisionName);
  if (precision === undefined)
    throw new RequestError('bad_data', `precision must be n, ns, u, us, ms, s, m or h, not ${JSON.stringify(precisionName)}`);
  if (!isUtf8(request.body)) throw new RequestError('bad_data', 'the body is not valid UTF-8');
  const write = begin(request.tenants[0] ?? '');
  const db = request.query.get('db') ?? '';
  const at = now.now();
  const reasons: string[] = [];
  let refusedLines = 0;
  let strings = 0;
  parseLineProtocol(
    Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength).toString('utf8'),
    {
      sample: (labels, ts, value) => write.sample(labels, ts ?? at, value),
      droppedString: () => strings++,
      refused(line, reason) {
        if (++refusedLines <= REASONS_MAX) reasons.push(`unable to parse '${line.slice(0, 200)}': ${reason}`);
      },
    },
    { precision, defaults: db === '' ? [] : [['db', db]] },
  );
  const refused = describeRefusals(await write.commit());
  if (refusedLines > REASONS_MAX) reasons.push(`${refusedLines - REASONS_MAX} more lines`);
  if (refused !== '') reasons.push(refused);
  if (reasons.length > 0) throw new RequestError('bad_data', `partial write: ${reasons.join('; ')}`);
  // Series hold numbers: string fields are left out, which is what users of such stores expect, and the answer says how many.
  return { status: 204, headers: strings === 0 ? VERSION_HEADERS : { ...VERSION_HEADERS, 'x-dropped-string-fields': String(strings) } };
}

/** Databases need no creating here: a write's `db` is a label. */
function answerQuery(request: Request): Reply {
  const statements = (request.query.get('q') ?? '').split(';').map((statement) => statement.trim());
  const results = statements
    .filter((statement) => statement !== '')
    .map((statement, id) => {
      if (/^create\s+database\s/i.test(statement)) return { statement_id: id };
      if (/^show\s+databases$/i.test(statement))
        return { statement_id: id, series: [{ name: 'databases', columns: ['name'], values: [] }] };
      throw new RequestError(
        'bad_data',
        `only CREATE DATABASE and SHOW DATABASES are answered here, not ${JSON.stringify(statement.slice(0, 100))}`,
      );
    });
  return json({ results });
}

/** `error` for clients of version 1, `code` and `message` for those of version 2. */
function influxError(error: RequestError): Reply {
  const code =
    error.code === 'bad_data' ? 'invalid' : error.code === 'rate_limited' ? 'too many requests' : error.code.replaceAll('_', ' ');
  const reply = json({ code, message: error.message, error: error.message }, error.status);
  const retryAfter = error.options.retryAfterS === undefined ? {} : { 'retry-after': String(Math.ceil(error.options.retryAfterS)) };
  return { ...reply, headers: { ...reply.headers, ...retryAfter } };
}
