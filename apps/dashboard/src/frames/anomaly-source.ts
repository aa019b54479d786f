import type { Anomaly, FrameBody } from '@tidewatch/contracts';
import type { AnomalyWatcher, LiveState } from '../state/live-state';
import type { FrameSource } from './frame-source';

const SNAPSHOT_ANOMALIES = 100;
const PENDING_ANOMALIES = 50;

/** Anomalies as they come. A client that can't keep up gets the newest ones, and how many it missed. */
export class AnomalySource implements FrameSource, AnomalyWatcher {
  #pending: Anomaly[] = [];
  #dropped = 0;
  readonly #unwatch: () => void;
  pendingSinceMs = 0;

  constructor(private readonly state: LiveState) {
    this.#unwatch = state.watchAnomalies(this);
  }

  onAnomaly(anomaly: Anomaly, receivedAtMs: number): void {
    this.#pending.push(anomaly);
    if (this.pendingSinceMs === 0) this.pendingSinceMs = receivedAtMs;
    if (this.#pending.length > PENDING_ANOMALIES) {
      this.#pending.shift();
      this.#dropped++;
    }
  }

  snapshot(): FrameBody {
    this.take();
    return { view: 'anomalies', anomalies: this.state.recentAnomalies(SNAPSHOT_ANOMALIES), dropped: 0 };
  }

  hasPending(): boolean {
    return this.#pending.length > 0;
  }

  take(): FrameBody {
    const body: FrameBody = { view: 'anomalies', anomalies: this.#pending, dropped: this.#dropped };
    this.#pending = [];
    this.#dropped = 0;
    this.pendingSinceMs = 0;
    return body;
  }

  close(): void {
    this.#unwatch();
  }
}
