// What makes a program observed: traces, logs and metrics of OpenTelemetry, and the instrumentation of the packages that it uses.
//
//   node --import ./telemetry.ts catalogue.ts
//
// It is loaded before the program, because it can change only packages that are loaded after it. Which program this is, where its telemetry goes and
// how, say the environment variables of OpenTelemetry's specification: OTEL_SERVICE_NAME, OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_PROTOCOL and others.

import { logs } from '@opentelemetry/api-logs';
import { metrics } from '@opentelemetry/api';
import { OTLPLogExporter as LogsByGrpc } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as LogsByJson } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as LogsByProtobuf } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as MetricsByGrpc } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as MetricsByJson } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as MetricsByProtobuf } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as TracesByGrpc } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as TracesByJson } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as TracesByProtobuf } from '@opentelemetry/exporter-trace-otlp-proto';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { detectResources, envDetector, hostDetector } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { register as registerModuleHooks } from 'import-in-the-middle/register-hooks.mjs';

const METRICS_INTERVAL_MS = 5000;
const LAST_EXPORT_MAX_MS = 2000;

/** The exporters read where to send from OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_ZIPKIN_ENDPOINT by themselves. */
const otlp = {
  grpc: { traces: () => new TracesByGrpc(), logs: () => new LogsByGrpc(), metrics: () => new MetricsByGrpc() },
  'http/protobuf': { traces: () => new TracesByProtobuf(), logs: () => new LogsByProtobuf(), metrics: () => new MetricsByProtobuf() },
  'http/json': { traces: () => new TracesByJson(), logs: () => new LogsByJson(), metrics: () => new MetricsByJson() },
};

function otlpProtocol(): keyof typeof otlp {
  const asked = process.env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  return asked === 'grpc' || asked === 'http/json' ? asked : 'http/protobuf';
}

// Packages that come as ES modules, and what is imported by name of Node's own, can be instrumented only through hooks of the module loader.
registerModuleHooks();

const exporters = otlp[otlpProtocol()];
const resource = detectResources({ detectors: [envDetector, hostDetector] });
const traceExporter = process.env['OTEL_TRACES_EXPORTER'] === 'zipkin' ? new ZipkinExporter() : exporters.traces();
const tracerProvider = new NodeTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(traceExporter)] });
const loggerProvider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter: exporters.logs() })] });
const metricReader = new PeriodicExportingMetricReader({ exporter: exporters.metrics(), exportIntervalMillis: METRICS_INTERVAL_MS });
const meterProvider = new MeterProvider({ resource, readers: [metricReader] });

tracerProvider.register();
logs.setGlobalLoggerProvider(loggerProvider);
metrics.setGlobalMeterProvider(meterProvider);
registerInstrumentations({
  instrumentations: [
    new HttpInstrumentation(),
    new PgInstrumentation({
      // A look into an empty queue has no span above it, and is no trace of its own.
      requireParentSpan: true,
      ignoreConnectSpans: true,
      // On a map of services the database has this name; without it, its address.
      requestHook: (span) => span.setAttribute('peer.service', 'shop-db'),
    }),
  ],
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void sendTheRest());

/** What is not sent yet is sent before the program ends, unless nobody takes it. */
async function sendTheRest(): Promise<void> {
  setTimeout(() => process.exit(), LAST_EXPORT_MAX_MS);
  await Promise.allSettled([tracerProvider, loggerProvider, meterProvider].map((provider) => provider.shutdown()));
  process.exit();
}
