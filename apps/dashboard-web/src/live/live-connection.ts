import {
  frame,
  LIVE_EVENTS,
  subscribed,
  type Frame,
  type FrameBody,
  type Subscription,
} from '@tidewatch/contracts';

export type LiveStatus = 'connecting' | 'live' | 'reconnecting';

/** What the connection needs of a socket.io socket. */
export interface LiveSocket {
  readonly connected: boolean;
  on(event: string, listener: (...values: never[]) => void): unknown;
  emit(event: string, ...values: unknown[]): unknown;
  connect(): unknown;
  disconnect(): unknown;
}

/** Called with frame 0 (`isSnapshot`: replace everything) and with each frame after it. */
export type FrameListener = (body: FrameBody, isSnapshot: boolean) => void;
/** Called with the reason when the server does not take a subscription. It is asked again. */
export type RefusalListener = (detail: string) => void;

interface ActiveSubscription {
  readonly subscription: Subscription;
  readonly listener: FrameListener;
  readonly onRefusal: RefusalListener;
  /** Set by the acknowledgement; undefined while there is none, or after the connection was lost. */
  id: string | undefined;
  nextSeq: number;
  /** Tells late acknowledgements from the current one. */
  attempt: number;
}

const RETRY_MS = 2_000;

/**
 * Keeps subscriptions alive over one socket: subscribes again after each reconnect, and when a frame is missing.
 * The socket reconnects by itself, but for the case that the server closed it.
 */
export class LiveConnection {
  #status: LiveStatus = 'connecting';
  readonly #statusListeners = new Set<() => void>();
  readonly #subscriptions = new Set<ActiveSubscription>();

  /** `onRefused` is told of handshakes that failed: the session may have ended. */
  constructor(
    private readonly socket: LiveSocket,
    private readonly onRefused: () => void,
    private readonly later: (action: () => void, ms: number) => void = (action, ms) =>
      void setTimeout(action, ms),
  ) {
    socket.on('connect', () => this.#onConnect());
    socket.on('disconnect', (reason: string) => this.#onDisconnect(reason));
    socket.on('connect_error', () => this.#onConnectError());
    socket.on(LIVE_EVENTS.frame, (message: unknown) => this.#onFrame(message));
  }

  get status(): LiveStatus {
    return this.#status;
  }

  onStatus(listener: () => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  /** Returns the function that ends the subscription. */
  subscribe(
    subscription: Subscription,
    listener: FrameListener,
    onRefusal: RefusalListener = () => undefined,
  ): () => void {
    const active: ActiveSubscription = {
      ...{ subscription, listener, onRefusal },
      ...{ id: undefined, nextSeq: 0, attempt: 0 },
    };
    this.#subscriptions.add(active);
    if (this.socket.connected) this.#request(active);
    return () => {
      this.#subscriptions.delete(active);
      this.#release(active);
    };
  }

  open(): void {
    this.socket.connect();
  }

  close(): void {
    this.socket.disconnect();
  }

  #setStatus(status: LiveStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    for (const listener of this.#statusListeners) listener();
  }

  #onConnect(): void {
    this.#setStatus('live');
    for (const active of this.#subscriptions) this.#request(active);
  }

  #onDisconnect(reason: string): void {
    for (const active of this.#subscriptions) active.id = undefined;
    if (reason === 'io client disconnect') return;
    this.#setStatus('reconnecting');
    if (reason === 'io server disconnect') {
      this.onRefused();
      this.later(() => this.socket.connect(), RETRY_MS);
    }
  }

  #onConnectError(): void {
    if (this.#status === 'live') this.#setStatus('reconnecting');
    this.onRefused();
  }

  #request(active: ActiveSubscription): void {
    const attempt = ++active.attempt;
    active.id = undefined;
    this.socket.emit(LIVE_EVENTS.subscribe, active.subscription, (answer: unknown) => {
      const parsed = subscribed.safeParse(answer).data;
      if (parsed?.ok === true) this.#onSnapshot(active, attempt, parsed.frame);
      else if (this.#isCurrent(active, attempt)) {
        if (parsed !== undefined) active.onRefusal(parsed.detail);
        this.#retry(active, attempt);
      }
    });
  }

  #onSnapshot(active: ActiveSubscription, attempt: number, first: Frame): void {
    if (!this.#isCurrent(active, attempt)) {
      this.socket.emit(LIVE_EVENTS.unsubscribe, { subscriptionId: first.subscriptionId });
      return;
    }
    active.id = first.subscriptionId;
    active.nextSeq = first.seq + 1;
    active.listener(first.body, true);
  }

  #retry(active: ActiveSubscription, attempt: number): void {
    this.later(() => {
      if (this.#isCurrent(active, attempt) && this.socket.connected) this.#request(active);
    }, RETRY_MS);
  }

  #isCurrent(active: ActiveSubscription, attempt: number): boolean {
    return this.#subscriptions.has(active) && active.attempt === attempt;
  }

  #onFrame(message: unknown): void {
    const parsed = frame.safeParse(message).data;
    const active = [...this.#subscriptions].find(
      ({ id }) => id !== undefined && id === parsed?.subscriptionId,
    );
    if (parsed === undefined || active === undefined) return;
    if (parsed.seq !== active.nextSeq) {
      this.#release(active);
      this.#request(active);
      return;
    }
    active.nextSeq++;
    active.listener(parsed.body, false);
  }

  #release(active: ActiveSubscription): void {
    if (active.id === undefined || !this.socket.connected) return;
    this.socket.emit(LIVE_EVENTS.unsubscribe, { subscriptionId: active.id });
    active.id = undefined;
  }
}
