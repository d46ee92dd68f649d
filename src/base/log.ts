// The program's own log: JSON lines on standard output, a constant message with fields. Nothing is logged per sample, line or span.
//
//   log.warn('insert retried', { table, rows, attempt });

import { pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

export type LogFields = Readonly<Record<string, unknown>>;

/** What a part is given to log with. An `Error` in the field `error` is printed with its stack and its causes. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines all carry `fields`. */
  child(fields: LogFields): Log;
  setLevel(level: LogLevel): void;
}

type PinoLogger = pino.Logger;

/** A log to standard output, or to `write` when one is given; `copy` is given what goes to standard output as well. */
export function createLog(level: LogLevel, write?: (line: string) => void, copy?: (line: string) => void): Log {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'message',
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.errWithCause },
  };
  if (write !== undefined) return wrap(pino(options, { write }));
  const out = pino.destination({ dest: 1, sync: true });
  // A reader that went away (a closed pipe) must not take the program with it.
  out.on('error', () => undefined);
  if (copy === undefined) return wrap(pino(options, out));
  const both = (line: string): void => {
    out.write(line);
    copy(line);
  };
  return wrap(pino(options, { write: both }));
}

/** A log that says nothing, for tests. */
export const silentLog: Log = createLog('silent', () => undefined);

function wrap(logger: PinoLogger): Log {
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
    setLevel: (level) => {
      logger.level = level;
    },
  };
}
