/** What is worth a line on the terminal. */
const SHOWN_LEVELS: readonly string[] = ['warn', 'error', 'fatal'];
const WINDOW_MS = 10_000;
const LINES_PER_WINDOW = 20;

/** The one line for the terminal that stands for a log line of a service; null when it is not for the terminal. */
export function consoleLine(service: string, line: string): string | null {
  if (line.trim() === '') return null;
  const entry = parse(line);
  // Not a log line: a stack trace of a crash, or a warning of Node.js. Worth seeing.
  if (entry === null) return `${service}: ${line}`;
  if (!SHOWN_LEVELS.includes(entry.level)) return null;
  const cause = entry.cause !== '' && !entry.message.includes(entry.cause) ? ` (${entry.cause})` : '';
  return oneLine(`${service} ${entry.level}: ${entry.message}${cause}`);
}

/** Line breaks of an error message would look like lines of their own. */
function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' | ');
}

function parse(line: string): { level: string; message: string; cause: string } | null {
  if (!line.startsWith('{')) return null;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    if (typeof value['level'] !== 'string') return null;
    const error = (value['err'] ?? value['error']) as Record<string, unknown> | null | undefined;
    const cause = typeof error?.['message'] === 'string' ? error['message'] : '';
    const message = typeof value['msg'] === 'string' ? value['msg'] : '';
    return { level: value['level'], message: message === '' ? cause : message, cause };
  } catch {
    return null;
  }
}

/** Lets 20 lines per 10 seconds through and says how many it held back: the file has them all. */
export class LineLimit {
  private windowStart = -Infinity;
  private lines = 0;

  constructor(private readonly now: () => number = Date.now) {}

  /** The lines to print in place of `line`. */
  pass(line: string, logFile: string): string[] {
    const out: string[] = [];
    const now = this.now();
    if (now - this.windowStart >= WINDOW_MS) {
      const held = this.lines - LINES_PER_WINDOW;
      if (held > 0) out.push(`(${held} more lines of this service are in ${logFile})`);
      this.windowStart = now;
      this.lines = 0;
    }
    this.lines += 1;
    if (this.lines <= LINES_PER_WINDOW) out.push(line);
    return out;
  }
}
