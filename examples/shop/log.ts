// The log of a service: through OpenTelemetry, so that each line carries the trace and the span in which it is written.

import { logs, SeverityNumber } from '@opentelemetry/api-logs';
import type { LogAttributes } from '@opentelemetry/api-logs';

const logger = logs.getLogger('shop');

export function logInfo(message: string, attributes: LogAttributes): void {
  logger.emit({ severityNumber: SeverityNumber.INFO, severityText: 'INFO', body: message, attributes });
}

/** The exception becomes `exception.type`, `exception.message` and `exception.stacktrace`. */
export function logError(message: string, exception: unknown, attributes: LogAttributes): void {
  logger.emit({ severityNumber: SeverityNumber.ERROR, severityText: 'ERROR', body: message, exception, attributes });
}
