// The answers of OTLP's `Export` in both encodings.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { RequestError } from '../base/request-error.ts';
import { encodeExportResponse, encodingOf, exportReply, otlpError } from './export-answer.ts';

const hex = (body: unknown): string => Buffer.from(body as Uint8Array).toString('hex');
const field = 'rejectedDataPoints';

test('success, partial success and a warning', () => {
  const complete = { field, rejected: 0, message: '' } as const;
  assert.equal(encodeExportResponse(complete, 'json'), '{}');
  assert.equal(hex(encodeExportResponse(complete, 'protobuf')), '');
  const partial = { field, rejected: 300, message: 'no' } as const;
  assert.equal(encodeExportResponse(partial, 'json'), '{"partialSuccess":{"rejectedDataPoints":"300","errorMessage":"no"}}');
  assert.equal(hex(encodeExportResponse(partial, 'protobuf')), '0a0708ac0212026e6f');
  const warning = { field, rejected: 0, message: 'hm' } as const;
  assert.equal(encodeExportResponse(warning, 'json'), '{"partialSuccess":{"errorMessage":"hm"}}');
  assert.equal(hex(encodeExportResponse(warning, 'protobuf')), '0a041202686d');
  assert.deepEqual(exportReply(complete, 'protobuf').headers, { 'content-type': 'application/x-protobuf' });
});

test('an error is a google.rpc.Status in the encoding of the request', () => {
  const bad = new RequestError('bad_data', 'cut off');
  const reply = otlpError(bad, 'application/x-protobuf');
  assert.equal(reply.status, 400);
  assert.equal(reply.headers?.['content-type'], 'application/x-protobuf');
  assert.equal(hex(reply.body), '08031207637574206f6666');
  assert.equal(otlpError(bad, 'application/json').body, '{"code":3,"message":"cut off"}');
  assert.equal(otlpError(bad, 'text/plain').headers?.['content-type'], 'application/json');
});

test('an error that may pass says when to come back', () => {
  for (const [code, status] of [
    ['rate_limited', 429],
    ['unavailable', 503],
    ['timeout', 503],
  ] as const) {
    const reply = otlpError(new RequestError(code, 'later', { retryAfterS: 2.5 }), 'application/json');
    assert.equal(reply.status, status);
    assert.equal(reply.headers?.['retry-after'], '3');
    assert.match(typeof reply.body === 'string' ? reply.body : '', /"@type":"type.googleapis.com\/google.rpc.RetryInfo","retryDelay":"3s"/);
  }
  const binary = otlpError(new RequestError('unavailable', 'x'), 'application/x-protobuf');
  const type = Buffer.from('type.googleapis.com/google.rpc.RetryInfo').toString('hex');
  assert.equal(hex(binary.body), `080e1201781a300a28${type}12040a020805`);
});

test('other media types are refused', () => {
  assert.equal(encodingOf('application/protobuf'), 'protobuf');
  for (const type of ['', 'text/plain']) {
    assert.throws(
      () => encodingOf(type),
      (error) => error instanceof RequestError && error.code === 'unsupported_media',
    );
  }
});
