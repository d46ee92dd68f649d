// The way into a page of metrics: picks the format's parser, and converts classic histograms where asked.

import type { ExpositionFormat, ExpositionOptions, ExpositionSink } from './exposition.ts';
import { ClassicToCustom } from './classic-to-custom.ts';
import { parsePrometheusProtobuf } from './exposition-protobuf.ts';
import { parsePrometheusText } from './exposition-text.ts';
import { parseOpenMetrics } from './open-metrics.ts';

/** Parses a page into `sink`. Throws `RequestError('bad_data')` with the place of the first error. */
export function parseExposition(bytes: Uint8Array, format: ExpositionFormat, sink: ExpositionSink, options: ExpositionOptions = {}): void {
  if (options.convertClassicHistograms !== true) return parse(bytes, format, sink, options);
  const converter = new ClassicToCustom(sink, options.classicHistograms === true);
  parse(bytes, format, converter, options);
  converter.finish();
}

function parse(bytes: Uint8Array, format: ExpositionFormat, sink: ExpositionSink, options: ExpositionOptions): void {
  switch (format) {
    case 'prometheus-text':
      return parsePrometheusText(bytes, sink);
    case 'openmetrics':
      return parseOpenMetrics(bytes, sink);
    case 'protobuf':
      return parsePrometheusProtobuf(bytes, sink, options);
  }
}
