// Routes that wait for their turn: a place is held until the whole answer has been read, streams included.

import type { GrpcRequest, GrpcRoute, Reply, Request, Route, StreamingGrpcRoute } from './route.ts';

/** Waits for a place and gives what frees it. */
export type Enter = (tenants: readonly string[], signal: AbortSignal) => Promise<() => void>;

export function gated(routes: readonly Route[], enter: Enter): readonly Route[] {
  return routes.map((route) => ({ ...route, handle: (request) => handle(route, request, enter) }));
}

/** The same for methods of gRPC that answer with many messages. */
export function gatedStreams(routes: readonly StreamingGrpcRoute[], enter: Enter): readonly GrpcRoute[] {
  return routes.map((route) => ({ ...route, handle: (request) => stream(route, request, enter) }));
}

async function* stream(route: StreamingGrpcRoute, request: GrpcRequest, enter: Enter): AsyncGenerator<Uint8Array> {
  const begunMs = performance.now();
  const leave = await enter(request.tenants, request.signal);
  try {
    yield* route.handle({ ...request, waitedMs: performance.now() - begunMs });
  } finally {
    leave();
  }
}

async function handle(route: Route, request: Request, enter: Enter): Promise<Reply> {
  const begunMs = performance.now();
  const leave = await enter(request.tenants, request.signal);
  try {
    const reply = await route.handle({ ...request, waitedMs: performance.now() - begunMs });
    const { body } = reply;
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
      leave();
      return reply;
    }
    return { ...reply, body: held(body, leave) };
  } catch (error) {
    leave();
    throw error;
  }
}

/** The server begins to read every body and ends every reading it began, so the place is always freed. */
async function* held(body: AsyncIterable<string | Uint8Array>, leave: () => void): AsyncGenerator<string | Uint8Array> {
  try {
    yield* body;
  } finally {
    leave();
  }
}
