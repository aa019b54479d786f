import type { LedgerReading, LedgerSeries } from './ledger-file';
import { Random } from './random';

export interface GeneratorOptions {
  readonly seed: number;
  readonly devices: number;
  /** Runs on one platform tell their devices and groups apart by it. Default `ledger`. */
  readonly devicePrefix?: string;
  /** Out-of-order readings stay this far behind the newest of their device; keep it well below the lateness allowed. */
  readonly disorderMs: number;
  /** Event time of the first readings, milliseconds since the epoch. */
  readonly startMs: number;
  readonly maxReadingsPerRequest: number;
}

/** By which the platform has to form groups. */
export const GROUP_TAG = 'site';
const METRICS = ['temperature', 'humidity', 'pressure'];
const US_PER_MS = 1000;
/** Gap between the last readings and the closing ones: all windows before it close. */
const CLOSING_GAP_US = 3_600_000_000;
const REMEMBERED = 200;
const OUTLIER = 500;
/** Of the closing readings: rounds 360 ms apart; late is what has 16 s of others before it, less than the lateness that the platform is started with. */
const STEP_US = 120_000;
const CALM_ROUNDS = 60;
const ROUNDS_AFTER = 60;
const ROUNDS_BEFORE_LATE = 15;

/** One device: a clock of its own, a few series, and a memory of what it sent. Requests of a device must go one after another. */
export class DeviceGenerator {
  private readonly random: Random;
  private clockUs: number;
  private readonly taken = new Set<string>();
  private readonly recent: LedgerReading[] = [];

  constructor(
    private readonly options: GeneratorOptions,
    device: number,
    private readonly seriesIndexes: readonly number[],
  ) {
    this.random = new Random(options.seed * 7919 + device);
    this.clockUs = options.startMs * US_PER_MS;
  }

  /** One of each series. A series that a group has not heard of yet doesn't hold its windows back: see `LedgerSender`. */
  opening(): LedgerReading[] {
    return this.round(0);
  }

  /** The readings of one request: most in order, some late, some sent before, a few of those with another value. */
  next(): LedgerReading[] {
    const count = this.random.integer(1, this.options.maxReadingsPerRequest);
    return Array.from({ length: count }, () => this.reading());
  }

  /**
   * Calm readings for as long as any detector needs to know its series, an outlier for each series, calm ones again, and then a much larger outlier that is late: it
   * revises the window that it belongs to, and the anomaly. Far in the future of the device one reading more, so that every window before it is complete.
   */
  closing(): LedgerReading[] {
    const calm = this.rounds(CALM_ROUNDS);
    const outliers = this.round(OUTLIER);
    const after = this.rounds(ROUNDS_AFTER);
    const late = after[ROUNDS_BEFORE_LATE]!.map(
      ([series, timeUs]) => [series, timeUs + 1, this.value(series) + 100 * OUTLIER] as const,
    );
    this.clockUs += CLOSING_GAP_US;
    return [...calm.flat(), ...outliers, ...after.flat(), ...late, ...this.round(0)];
  }

  private rounds(count: number): LedgerReading[][] {
    return Array.from({ length: count }, () => this.round(0));
  }

  /** A reading of each series, in order. */
  private round(offset: number): LedgerReading[] {
    return this.seriesIndexes.map((series) => {
      this.clockUs += STEP_US;
      return [series, this.clockUs, this.value(series) + offset] as const;
    });
  }

  private value(series: number): number {
    return Math.round((20 + series + this.random.next()) * 1e6) / 1e6;
  }

  private reading(): LedgerReading {
    const again = this.recent.length > 0 && this.random.chance(0.04) ? this.random.pick(this.recent) : null;
    if (again !== null) return this.random.chance(0.2) ? [again[0], again[1], again[2] + 1] : again;
    const fresh = this.fresh();
    this.recent.push(fresh);
    if (this.recent.length > REMEMBERED) this.recent.shift();
    return fresh;
  }

  private fresh(): LedgerReading {
    this.clockUs += this.random.integer(1_000, 120_000);
    const series = this.random.pick(this.seriesIndexes);
    const late = this.random.chance(0.1) ? this.random.integer(0, this.options.disorderMs * US_PER_MS) : 0;
    let timeUs = Math.max(this.options.startMs * US_PER_MS, this.clockUs - late);
    while (this.taken.has(`${series}@${timeUs}`)) timeUs += 1;
    this.taken.add(`${series}@${timeUs}`);
    return [series, timeUs, this.value(series) + (this.random.chance(0.004) ? OUTLIER : 0)];
  }
}

/** The series of `devices` devices, three metrics each; two of three devices are tagged, and every other one of them is at the same site. */
export function plantSeries(devices: number, devicePrefix = 'ledger'): LedgerSeries[] {
  return Array.from({ length: devices }, (_, device) =>
    METRICS.map((metric) => ({
      device: `${devicePrefix}-${device}`,
      metric,
      tags: tagsOf(device, devicePrefix),
    })),
  ).flat();
}

/** Runs on one platform have groups of their own: they begin at a time that is late for the devices of the run before. */
function tagsOf(device: number, devicePrefix: string): Record<string, string> {
  const site = device % 3;
  return site === 0 ? {} : { [GROUP_TAG]: `${devicePrefix}-hall-${site}`, line: String(device) };
}

export function deviceGenerators(options: GeneratorOptions): DeviceGenerator[] {
  return Array.from({ length: options.devices }, (_, device) => {
    const first = device * METRICS.length;
    return new DeviceGenerator(options, device, [first, first + 1, first + 2]);
  });
}
