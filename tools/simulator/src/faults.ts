import { hash, uniform } from './hash';

export const FAULT_KINDS = ['spike', 'stuck', 'shift', 'ramp', 'noise'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault of one sensor: the label against which a detector can be judged. */
export interface Fault {
  readonly kind: FaultKind;
  readonly startMs: number;
  readonly endMs: number;
}

/** Time is cut into slots; a slot of a sensor has at most one fault, which lies wholly in it. */
const SLOT_MS = 10 * 60_000;
const CHANCE_PER_SLOT = 0.1;
const DURATIONS_MS: Readonly<Record<FaultKind, number>> = {
  spike: 2_000,
  stuck: 120_000,
  shift: 90_000,
  ramp: 180_000,
  noise: 60_000,
};

/** The fault of a sensor at a time, if there is one. Pure. */
export function faultAt(seed: number, sensor: number, timeMs: number): Fault | null {
  const slot = Math.floor(timeMs / SLOT_MS);
  if (uniform(seed, sensor, slot, 11) >= CHANCE_PER_SLOT) return null;
  const kind = FAULT_KINDS[hash(seed, sensor, slot, 12) % FAULT_KINDS.length]!;
  const duration = DURATIONS_MS[kind];
  const startMs = slot * SLOT_MS + Math.floor(uniform(seed, sensor, slot, 13) * (SLOT_MS - duration));
  const endMs = startMs + duration;
  return timeMs >= startMs && timeMs < endMs ? { kind, startMs, endMs } : null;
}
