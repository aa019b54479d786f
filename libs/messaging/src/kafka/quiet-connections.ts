/**
 * Imported for its effect: kafkajs 2.2.4 looks through the waiting requests of every connection each millisecond for as long as it lives,
 * also when none waits, which costs an idle process of Tidewatch two to three percent of a core. An answer and the end of a throttle
 * look through them anyway, so the timer is only needed while something waits.
 * @see https://github.com/tulios/kafkajs/issues/1704
 */
import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

const { prototype } = createRequire(__filename)('kafkajs/src/network/requestQueue') as {
  prototype: RequestQueue;
};
const { scheduleCheckPendingRequests } = prototype;

prototype.scheduleCheckPendingRequests = function schedule(this: RequestQueue): void {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
};
