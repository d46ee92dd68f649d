// A queue between services, as a table of their database: the sender puts the context of its trace beside the message, the receiver goes on in it.
//
// There is no instrumentation for a queue of one's own, so its spans are made by hand, as the semantic conventions of messaging name them:
//
//   cart:    send orders (producer) ─▶ INSERT        mailer: process orders (consumer, child of the producer) ─▶ what is done for the message

import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Span } from '@opentelemetry/api';
import type { Pool } from 'pg';
import { logError } from './log.ts';

const LOOK_INTERVAL_MS = 250;
const tracer = trace.getTracer('shop.queue');

function attributesOf(queue: string, operation: 'send' | 'process', id: number): Attributes {
  return {
    'messaging.system': 'postgresql',
    'messaging.destination.name': queue,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.message.id': String(id),
  };
}

export async function send(pool: Pool, queue: string, id: number): Promise<void> {
  await inSpan(tracer.startSpan(`send ${queue}`, { kind: SpanKind.PRODUCER, attributes: attributesOf(queue, 'send', id) }), async () => {
    const carrier: Record<string, string> = {};
    propagation.inject(context.active(), carrier);
    await pool.query('INSERT INTO messages (queue, id, context) VALUES ($1, $2, $3)', [queue, id, carrier]);
  });
}

/** Takes messages for ever, one after the other. One that cannot be processed is logged and gone. */
export async function receive(pool: Pool, queue: string, process: (id: number) => Promise<void>): Promise<never> {
  for (;;) {
    const taken = await pool.query<{ id: number; context: Record<string, string> }>(
      'DELETE FROM messages WHERE ctid = (SELECT min(ctid) FROM messages WHERE queue = $1) RETURNING id, context',
      [queue],
    );
    const [message] = taken.rows;
    if (message === undefined) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
      continue;
    }
    const sender = propagation.extract(context.active(), message.context);
    const attributes = attributesOf(queue, 'process', message.id);
    const span = tracer.startSpan(`process ${queue}`, { kind: SpanKind.CONSUMER, attributes }, sender);
    await inSpan(span, async () => process(message.id).catch((error: unknown) => fail(span, queue, error)));
  }
}

function inSpan(span: Span, work: () => Promise<void>): Promise<void> {
  return context.with(trace.setSpan(context.active(), span), work).finally(() => span.end());
}

function fail(span: Span, queue: string, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
  logError('message could not be processed', error, { queue });
}
