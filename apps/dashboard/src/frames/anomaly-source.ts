import type { Anomaly, FrameBody } from '@tidewatch/contracts';
import type { AnomalyWatcher, LiveState } from '../state/live-state';
import type { FrameSource } from './frame-source';

const SNAPSHOT_ANOMALIES = 100;
const PENDING_ANOMALIES = 50;

/** Anomalies as they come and change. A client that can't keep up gets each as it is in the end, the newest ones, and how many it missed. */
export class AnomalySource implements FrameSource, AnomalyWatcher {
  readonly #pending = new Map<string, Anomaly>();
  #dropped = 0;
  readonly #unwatch: () => void;
  pendingSinceMs = 0;

  constructor(private readonly state: LiveState) {
    this.#unwatch = state.watchAnomalies(this);
  }

  onAnomaly(anomaly: Anomaly, receivedAtMs: number): void {
    this.#pending.delete(anomaly.id);
    this.#pending.set(anomaly.id, anomaly);
    if (this.pendingSinceMs === 0) this.pendingSinceMs = receivedAtMs;
    if (this.#pending.size > PENDING_ANOMALIES) {
      const [oldest] = this.#pending.keys();
      this.#pending.delete(oldest!);
      this.#dropped++;
    }
  }

  snapshot(): FrameBody {
    this.take();
    return { view: 'anomalies', anomalies: this.state.recentAnomalies(SNAPSHOT_ANOMALIES), dropped: 0 };
  }

  hasPending(): boolean {
    return this.#pending.size > 0;
  }

  take(): FrameBody {
    const anomalies = [...this.#pending.values()];
    const body: FrameBody = { view: 'anomalies', anomalies, dropped: this.#dropped };
    this.#pending.clear();
    this.#dropped = 0;
    this.pendingSinceMs = 0;
    return body;
  }

  close(): void {
    this.#unwatch();
  }
}
