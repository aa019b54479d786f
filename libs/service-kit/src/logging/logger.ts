import { pino, type DestinationStream, type Logger } from 'pino';

const SECRET_HEADERS = ['authorization', 'x-api-key', 'cookie', 'set-cookie'];

/** Where headers may sit in a log line: at the top, in `headers`, and in `req`/`res` (or any other object) below. */
const REDACTED_PATHS = ['', 'headers', '*', '*.headers'].flatMap((parent) =>
  SECRET_HEADERS.map((header) => `${parent}["${header}"]`),
);

/** Credentials by their form, for where no path tells: messages of errors, addresses, whatever a client sent as its request id. */
const SECRETS_IN_TEXT: readonly [form: RegExp, instead: string][] = [
  [/\btw_([0-9A-Za-z]{12})_[\w-]{43}/g, 'tw_$1_[redacted]'],
  [/\btidewatch_session=[\w.-]+/g, 'tidewatch_session=[redacted]'],
  // The last `@` before the host ends the password.
  [/\b([a-z][a-z\d+.-]*:\/\/[^\s:/@"]*):[^\s/"]+@/gi, '$1:[redacted]@'],
];

/** JSON lines on stdout. Credentials are replaced by `[redacted]`: in headers, and in any text by their form. */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
    hooks: {
      streamWrite: (line: string) =>
        SECRETS_IN_TEXT.reduce((text, [form, instead]) => text.replace(form, instead), line),
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
