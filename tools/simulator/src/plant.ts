import { type Fault, faultAt } from './faults';
import { hash, normal, uniform } from './hash';

/** How a metric behaves, in its own unit. */
interface Profile {
  readonly metric: string;
  readonly base: number;
  /** Half the difference between day and night. */
  readonly daily: number;
  readonly noise: number;
  /** Slow change per day; starts anew with each maintenance, every 30 days. */
  readonly driftPerDay: number;
  /** The sensor's resolution. */
  readonly step: number;
}

interface MachineKind {
  readonly name: string;
  readonly profiles: readonly Profile[];
}

const KINDS: readonly MachineKind[] = [
  {
    name: 'pump',
    profiles: [
      { metric: 'temperature', base: 58, daily: 4, noise: 0.3, driftPerDay: 0.05, step: 0.1 },
      { metric: 'vibration', base: 2.4, daily: 0.1, noise: 0.12, driftPerDay: 0.01, step: 0.01 },
      { metric: 'pressure', base: 6.2, daily: 0.2, noise: 0.05, driftPerDay: -0.005, step: 0.01 },
    ],
  },
  {
    name: 'oven',
    profiles: [
      { metric: 'temperature', base: 182, daily: 2, noise: 0.6, driftPerDay: -0.1, step: 0.1 },
      { metric: 'power', base: 24, daily: 3, noise: 0.8, driftPerDay: 0.05, step: 0.01 },
    ],
  },
  {
    name: 'hall',
    profiles: [
      { metric: 'temperature', base: 21, daily: 3, noise: 0.1, driftPerDay: 0, step: 0.1 },
      { metric: 'humidity', base: 45, daily: 8, noise: 0.5, driftPerDay: 0, step: 0.1 },
      { metric: 'co2', base: 620, daily: 180, noise: 12, driftPerDay: 0, step: 1 },
    ],
  },
];

export interface Sensor {
  readonly index: number;
  readonly device: string;
  readonly metric: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly profile: Profile;
}

const DAY_MS = 86_400_000;
const MAINTENANCE_DAYS = 30;
const LINES = 3;

/** The sensors of a plant with so many machines. */
export function sensorsOf(machines: number): Sensor[] {
  const sensors: Sensor[] = [];
  for (let machine = 0; machine < machines; machine++) {
    const kind = KINDS[machine % KINDS.length]!;
    const device = `${kind.name}-${Math.floor(machine / KINDS.length) + 1}`;
    const tags = { line: `line-${(machine % LINES) + 1}` };
    for (const profile of kind.profiles) {
      sensors.push({ index: sensors.length, device, metric: profile.metric, tags, profile });
    }
  }
  return sensors;
}

export interface SensorReading {
  readonly value: number;
  /** The fault that shows in the value. */
  readonly fault: Fault | null;
}

/** What a sensor reads at a time. Pure: the same seed, sensor and time give the same reading on every machine. */
export function readingAt(seed: number, sensor: Sensor, timeMs: number): SensorReading {
  const fault = faultAt(seed, sensor.index, timeMs);
  const { profile, index } = sensor;
  // A stuck sensor shows its last value from before the fault.
  const shownMs = fault?.kind === 'stuck' ? fault.startMs - 1 : timeMs;
  const noise = profile.noise * normal(seed, index, shownMs) * (fault?.kind === 'noise' ? 8 : 1);
  const value = trendAt(seed, sensor, shownMs) + noise + faultOffset(seed, sensor, fault, timeMs);
  return { value: roundTo(value, profile.step), fault };
}

/** Everything but noise and faults. */
export function trendAt(seed: number, { profile, index }: Sensor, timeMs: number): number {
  const individual = profile.base * (0.95 + 0.1 * uniform(seed, index, 21));
  const phase = uniform(seed, index, 22) * 0.1;
  const daily = profile.daily * Math.sin(2 * Math.PI * (timeMs / DAY_MS + phase));
  const sinceMaintenance = (timeMs / DAY_MS + (hash(seed, index, 23) % MAINTENANCE_DAYS)) % MAINTENANCE_DAYS;
  return individual + daily + profile.driftPerDay * sinceMaintenance;
}

function faultOffset(seed: number, { profile, index }: Sensor, fault: Fault | null, timeMs: number): number {
  if (fault === null) return 0;
  const size = profile.noise * (hash(seed, index, fault.startMs) % 2 === 0 ? 1 : -1);
  if (fault.kind === 'spike') return 25 * size;
  if (fault.kind === 'shift') return 10 * size;
  if (fault.kind === 'ramp') return (20 * size * (timeMs - fault.startMs)) / (fault.endMs - fault.startMs);
  return 0;
}

function roundTo(value: number, step: number): number {
  const decimals = Math.max(0, Math.round(-Math.log10(step)));
  return Number((Math.round(value / step) * step).toFixed(decimals));
}
