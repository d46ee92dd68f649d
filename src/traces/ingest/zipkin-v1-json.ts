// Zipkin's JSON of version 1 into spans.
//
//   [{"traceId": "…", "id": "…", "name": "get", "annotations": [{"timestamp": …, "value": "cs", "endpoint": {…}}],
//     "binaryAnnotations": [{"key": "http.path", "value": "/", "endpoint": {…}}]}]
//
// Source: zipkin-api `zipkin-api.yaml`.

import type { AnyValue } from '../../otlp/any-value.ts';
import {
  annotationOf,
  boolField,
  bytesOf,
  endpointField,
  idsField,
  listField,
  spansOf,
  textField,
  timeField,
  wrong,
} from './zipkin-json.ts';
import type { JsonPart } from './zipkin-json.ts';
import type { ZipkinTranslation } from './zipkin-span.ts';
import { spansOfV1 } from './zipkin-v1.ts';
import type { V1BinaryAnnotation } from './zipkin-v1.ts';

/** Reads a body of `/api/v1/spans`. Throws `bad_data` that names the span and the field. */
export function readZipkinV1Json(body: Uint8Array, into: ZipkinTranslation): void {
  for (const part of spansOf(body)) {
    const spans = spansOfV1({
      ...idsField(part),
      name: textField(part, 'name'),
      startUs: timeField(part, 'timestamp'),
      durationUs: timeField(part, 'duration'),
      debug: boolField(part, 'debug'),
      annotations: listField(part, 'annotations').map((item) => ({ ...annotationOf(item), endpoint: endpointField(item, 'endpoint') })),
      binaryAnnotations: listField(part, 'binaryAnnotations').map(binaryAnnotationOf),
    });
    for (const span of spans) into.add(span, bytesOf(span));
  }
}

function binaryAnnotationOf(part: JsonPart): V1BinaryAnnotation {
  return { key: textField(part, 'key'), value: valueOf(part), endpoint: endpointField(part, 'endpoint') };
}

/** Texts mostly; numbers come from senders that name a type besides. */
function valueOf({ object, where }: JsonPart): AnyValue {
  const value = object['value'] ?? '';
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  return wrong(`${where}: value`, 'a string, a number or a boolean', value);
}
