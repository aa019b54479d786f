/** A token bucket: how many requests a socket may make. */
export class RequestBudget {
  #tokens: number;
  #atMs: number;

  constructor(
    private readonly now: () => number,
    private readonly burst = 20,
    private readonly perSecond = 5,
  ) {
    this.#tokens = burst;
    this.#atMs = now();
  }

  /** False when the budget is used up. */
  take(): boolean {
    const nowMs = this.now();
    this.#tokens = Math.min(this.burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * this.perSecond);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
