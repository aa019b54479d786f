import { createReadStream, type WriteStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface LedgerSeries {
  readonly device: string;
  readonly metric: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Index into the ledger's series, time in microseconds since the epoch, value. */
export type LedgerReading = readonly [series: number, timeUs: number, value: number];

/** `status` is what HTTP answered, or `unknown` for a reset or a time-out. */
export type LedgerEntry =
  | { readonly kind: 'series'; readonly series: readonly LedgerSeries[] }
  | { readonly kind: 'sent'; readonly request: string; readonly readings: readonly LedgerReading[] }
  | { readonly kind: 'answered'; readonly request: string; readonly status: number | 'unknown' };

/** Appends entries; `sent` is written before the request leaves, so the file never knows less than the platform. */
export class LedgerWriter {
  private readonly stream: WriteStream;

  constructor(path: string) {
    this.stream = createWriteStream(path, { flags: 'ax' });
  }

  append(entry: LedgerEntry): void {
    this.stream.write(`${JSON.stringify(entry)}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.stream.on('error', reject);
      this.stream.end(resolve);
    });
  }
}

/** What the ledger says was sent, in order. */
export interface Ledger {
  readonly series: readonly LedgerSeries[];
  readonly requests: readonly SentRequest[];
}

export interface SentRequest {
  readonly readings: readonly LedgerReading[];
  /** `acknowledged` once any attempt was answered 202; `refused` when the last answer was 4xx; else `unknown`. */
  readonly outcome: 'acknowledged' | 'refused' | 'unknown';
}

export async function readLedger(path: string): Promise<Ledger> {
  let series: readonly LedgerSeries[] = [];
  const requests = new Map<string, { readings: readonly LedgerReading[]; outcome: SentRequest['outcome'] }>();
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const entry = JSON.parse(line) as LedgerEntry;
    if (entry.kind === 'series') series = entry.series;
    else if (entry.kind === 'sent')
      requests.set(entry.request, { readings: entry.readings, outcome: 'unknown' });
    else note(requests.get(entry.request), entry.status);
  }
  return { series, requests: [...requests.values()] };
}

function note(request: { outcome: SentRequest['outcome'] } | undefined, status: number | 'unknown'): void {
  if (request === undefined || request.outcome === 'acknowledged') return;
  if (status === 202) request.outcome = 'acknowledged';
  else if (status !== 'unknown' && status >= 400 && status < 500 && status !== 429)
    request.outcome = 'refused';
}
