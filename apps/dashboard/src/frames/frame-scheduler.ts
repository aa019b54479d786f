import type { Frame, FrameBody } from '@tidewatch/contracts';
import { estimatedBytes } from './frame-size';
import type { FrameSource } from './frame-source';

/** A connected browser, as far as frames are concerned. */
export interface LiveClient {
  /** False while bytes sent before have not left this process: nothing more is put on top of them. */
  isClear(): boolean;
  send(frame: Frame): void;
  /** Ends the connection: the client is too slow. */
  drop(): void;
}

/** Told of what happens, for metrics. */
export interface FrameObserver {
  sent(view: FrameBody['view'], latencyMs: number | undefined): void;
  conflated(view: FrameBody['view']): void;
  dropped(): void;
}

export interface FrameLimits {
  /** Between two frames of a subscription. */
  minIntervalMs: number;
  /** Long-run bound of a subscription: after a large frame it waits longer. */
  bytesPerSecond: number;
  /** A client whose bytes don't leave for so long is dropped. */
  dropAfterMs: number;
}

export const DEFAULT_FRAME_LIMITS: FrameLimits = {
  minIntervalMs: 100,
  bytesPerSecond: 250_000,
  dropAfterMs: 30_000,
};

interface Feed {
  readonly id: string;
  readonly source: FrameSource;
  readonly view: FrameBody['view'];
  nextSeq: number;
  dueMs: number;
}

interface ClientFeeds {
  readonly feeds: Map<string, Feed>;
  busySinceMs: number | undefined;
  opened: number;
}

/**
 * Decides when which frame goes out. `tick` is called every few milliseconds and sends, for each client that is clear, the frames
 * that are due; for a client that is not, what is pending stays in its source and is merged there.
 */
export class FrameScheduler {
  readonly #clients = new Map<LiveClient, ClientFeeds>();

  constructor(
    private readonly now: () => number,
    private readonly observer: FrameObserver,
    private readonly limits: FrameLimits = DEFAULT_FRAME_LIMITS,
  ) {}

  /** Opens a subscription; returns frame 0, which the caller delivers. */
  open(client: LiveClient, source: FrameSource): Frame {
    const known = this.#clients.get(client);
    const feeds: ClientFeeds = known ?? { feeds: new Map<string, Feed>(), busySinceMs: undefined, opened: 0 };
    if (known === undefined) this.#clients.set(client, feeds);
    const body = source.snapshot();
    const id = `s${++feeds.opened}`;
    feeds.feeds.set(id, { id, source, view: body.view, nextSeq: 1, dueMs: this.#dueAfter(body) });
    return { subscriptionId: id, seq: 0, body };
  }

  /** False when there is no such subscription. */
  close(client: LiveClient, subscriptionId: string): boolean {
    const feeds = this.#clients.get(client)?.feeds;
    feeds?.get(subscriptionId)?.source.close();
    return feeds?.delete(subscriptionId) ?? false;
  }

  closeAll(client: LiveClient): void {
    for (const feed of this.#clients.get(client)?.feeds.values() ?? []) feed.source.close();
    this.#clients.delete(client);
  }

  /** Subscriptions of a client. */
  count(client: LiveClient): number {
    return this.#clients.get(client)?.feeds.size ?? 0;
  }

  tick(): void {
    for (const [client, feeds] of this.#clients) this.#serve(client, feeds);
  }

  #serve(client: LiveClient, feeds: ClientFeeds): void {
    const nowMs = this.now();
    if (client.isClear()) {
      feeds.busySinceMs = undefined;
    } else {
      feeds.busySinceMs ??= nowMs;
      if (nowMs - feeds.busySinceMs >= this.limits.dropAfterMs) {
        this.observer.dropped();
        this.closeAll(client);
        client.drop();
        return;
      }
    }
    for (const feed of feeds.feeds.values()) {
      if (!feed.source.hasPending() || nowMs < feed.dueMs) continue;
      if (feeds.busySinceMs === undefined) this.#send(client, feed);
      else this.#postpone(feed, nowMs);
    }
  }

  #send(client: LiveClient, feed: Feed): void {
    const sinceMs = feed.source.pendingSinceMs;
    const body = feed.source.take();
    if (isEmpty(body)) return;
    feed.dueMs = this.#dueAfter(body);
    client.send({ subscriptionId: feed.id, seq: feed.nextSeq++, body });
    this.observer.sent(feed.view, sinceMs > 0 ? Math.max(0, this.now() - sinceMs) : undefined);
  }

  #postpone(feed: Feed, nowMs: number): void {
    feed.dueMs = nowMs + this.limits.minIntervalMs;
    this.observer.conflated(feed.view);
  }

  #dueAfter(body: FrameBody): number {
    const paceMs = (estimatedBytes(body) * 1000) / this.limits.bytesPerSecond;
    return this.now() + Math.max(this.limits.minIntervalMs, paceMs);
  }
}

/** A pass over the latest values may find that all of them were in the frame before. */
function isEmpty(body: FrameBody): boolean {
  return body.view === 'latest' && body.values.length === 0;
}
