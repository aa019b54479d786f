import { z } from 'zod';
import { anomaly } from './anomalies';
import { deviceGroup, groupWindow, seriesRef, windowAggregate } from './windows';

/** socket.io: path and events. The client emits `subscribe` with an acknowledgement; the server emits `frame`. */
export const LIVE_PATH = '/socket.io';
export const LIVE_EVENTS = { subscribe: 'subscribe', unsubscribe: 'unsubscribe', frame: 'frame' } as const;

/** What a subscription shows: the latest value of each series, the points of one, which groups there are, the windows of one, anomalies, or system health. */
export const subscription = z.discriminatedUnion('view', [
  z.strictObject({ view: z.literal('latest') }),
  z.strictObject({ view: z.literal('series'), series: seriesRef }),
  z.strictObject({ view: z.literal('groups') }),
  z.strictObject({ view: z.literal('group'), group: deviceGroup }),
  z.strictObject({ view: z.literal('anomalies') }),
  z.strictObject({ view: z.literal('health') }),
]);
export type Subscription = z.infer<typeof subscription>;

export const unsubscription = z.strictObject({ subscriptionId: z.string().max(64) });
export type Unsubscription = z.infer<typeof unsubscription>;

export const latestValue = z.object({ series: seriesRef, timeMs: z.number(), value: z.number() });
export type LatestValue = z.infer<typeof latestValue>;

export const serviceHealth = z.object({
  service: z.string(),
  status: z.enum(['ready', 'not-ready', 'unreachable']),
  checks: z.record(z.string(), z.enum(['up', 'down'])),
});
export type ServiceHealth = z.infer<typeof serviceHealth>;

/** Points are columns: times in milliseconds since the epoch (fractions allowed) and values, ascending by time. */
export const points = z.object({ timeMs: z.array(z.number()), value: z.array(z.number()) });
export type Points = z.infer<typeof points>;

/**
 * Frame 0 replaces what the client has; a later one adds to it (`groups` and `health` always replace). A window with the id of an earlier one is a
 * revision of it.
 */
export const frameBody = z.discriminatedUnion('view', [
  z.object({ view: z.literal('latest'), values: z.array(latestValue) }),
  z.object({ view: z.literal('series'), points, windows: z.array(windowAggregate) }),
  /** Those of which recent windows are known, and how many more there are. */
  z.object({ view: z.literal('groups'), groups: z.array(deviceGroup), more: z.number().int().nonnegative() }),
  /** Each window as it is now; ascending by start. */
  z.object({ view: z.literal('group'), windows: z.array(groupWindow) }),
  z.object({
    view: z.literal('anomalies'),
    /** Frame 0: ascending by beginning. Later ones: those that changed, each once and as it is now. */
    anomalies: z.array(anomaly),
    /** Changes of anomalies that this client missed since the frame before, because it was too slow for them. */
    dropped: z.number().int().nonnegative(),
  }),
  z.object({ view: z.literal('health'), services: z.array(serviceHealth) }),
]);
export type FrameBody = z.infer<typeof frameBody>;

/** Sequence numbers start at 0 with the snapshot and rise by one for each frame of a subscription. */
export const frame = z.object({ subscriptionId: z.string(), seq: z.number().int(), body: frameBody });
export type Frame = z.infer<typeof frame>;

/** Acknowledgement of `subscribe`: the snapshot is frame 0, or a problem. */
export const subscribed = z.union([
  z.object({ ok: z.literal(true), frame }),
  z.object({ ok: z.literal(false), code: z.string(), detail: z.string() }),
]);
export type Subscribed = z.infer<typeof subscribed>;
