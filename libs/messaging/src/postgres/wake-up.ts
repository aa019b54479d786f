/** Lets one loop sleep until somebody wakes it or a time has passed. A wake-up while it works is not lost. */
export class WakeUp {
  private isPending = false;
  private waiter: (() => void) | undefined;

  wake(): void {
    this.isPending = true;
    this.waiter?.();
  }

  /** For one loop only. Does not wait when the signal is aborted; who aborts it later also wakes. */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.isPending && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.waiter = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.waiter = undefined;
    this.isPending = false;
  }
}
