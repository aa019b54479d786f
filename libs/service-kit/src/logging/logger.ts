import { pino, type DestinationStream, type Logger } from 'pino';

const SECRET_HEADERS = ['authorization', 'x-api-key', 'cookie', 'set-cookie'];

/** Where headers may sit in a log line: at the top, in `headers`, and in `req`/`res` (or any other object) below. */
const REDACTED_PATHS = ['', 'headers', '*', '*.headers'].flatMap((parent) =>
  SECRET_HEADERS.map((header) => `${parent}["${header}"]`),
);

/** JSON lines on stdout. Credentials in headers are replaced by `[redacted]`. */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
  };
  return destination ? pino(options, destination) : pino(options);
}
