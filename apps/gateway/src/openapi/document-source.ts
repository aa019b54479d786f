import { z } from 'zod';
import type { ApiDocument } from './merge-documents';

const REFRESH_MS = 30_000;
/** A service that is away is asked again this soon. */
const RETRY_MS = 2_000;
const TIMEOUT_MS = 2_000;
const MAX_BYTES = 4 * 1024 * 1024;

const document = z.looseObject({
  openapi: z.string().startsWith('3.1'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
});

/** The OpenAPI document of one service: fetched when it is asked for, kept for a while, and kept longer while the service is away. */
export class DocumentSource {
  private last: ApiDocument | undefined;
  private nextFetchMs = 0;
  private underWay: Promise<void> | undefined;

  constructor(
    private readonly url: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The newest document there is; undefined when the service has never answered. */
  async get(): Promise<ApiDocument | undefined> {
    if (this.now() >= this.nextFetchMs) this.underWay ??= this.refresh();
    // Only who has nothing at all waits.
    if (this.last === undefined) await this.underWay;
    return this.last;
  }

  private async refresh(): Promise<void> {
    try {
      this.last = await fetchDocument(this.url);
      this.nextFetchMs = this.now() + REFRESH_MS;
    } catch {
      this.nextFetchMs = this.now() + RETRY_MS;
    } finally {
      this.underWay = undefined;
    }
  }
}

async function fetchDocument(url: string): Promise<ApiDocument> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
  const text = await answer.text();
  if (!answer.ok || text.length > MAX_BYTES) throw new Error(`no OpenAPI document at ${url}`);
  return document.parse(JSON.parse(text));
}
