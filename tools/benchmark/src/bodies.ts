/** The plant that the load plays: `series` series, ten metrics to a device. */
export interface Plant {
  readonly series: number;
  readonly perRequest: number;
}

const METRICS_PER_DEVICE = 10;
const VARIANTS = 8;
/** Milliseconds since the epoch with microseconds: always 17 characters until the year 2286. */
const TIME_WIDTH = 17;
const TIME_PLACEHOLDER = '0'.repeat(TIME_WIDTH);

interface Template {
  readonly body: Buffer;
  readonly timeAt: readonly number[];
}

/**
 * Request bodies made beforehand: only the digits of the time are written anew, so that the generator costs little beside
 * the platform it measures. One pass goes over every series once, with one time; values differ between eight variants.
 */
export class Bodies {
  readonly chunks: number;
  private readonly templates: Template[][] = [];
  private readonly digits = Buffer.alloc(TIME_WIDTH);

  constructor(plant: Plant) {
    this.chunks = Math.ceil(plant.series / plant.perRequest);
    for (let variant = 0; variant < VARIANTS; variant++) {
      const row: Template[] = [];
      for (let chunk = 0; chunk < this.chunks; chunk++) row.push(template(plant, chunk, variant));
      this.templates.push(row);
    }
  }

  /** The body for one chunk of a pass; valid until the same chunk and variant are asked for again. */
  next(chunk: number, pass: number, timeMs: number): { body: Buffer; readings: number } {
    const { body, timeAt } = this.templates[pass % VARIANTS]![chunk]!;
    this.digits.write(timeMs.toFixed(3), 'latin1');
    for (const at of timeAt) this.digits.copy(body, at);
    return { body, readings: timeAt.length };
  }
}

function template(plant: Plant, chunk: number, variant: number): Template {
  const readings: string[] = [];
  const first = chunk * plant.perRequest;
  for (let index = first; index < Math.min(first + plant.perRequest, plant.series); index++) {
    const device = `device-${String(Math.floor(index / METRICS_PER_DEVICE))}`;
    const metric = `metric-${String(index % METRICS_PER_DEVICE)}`;
    const value = (20 + (index % 50) + Math.sin(index * 7 + variant * 2.4) * 0.5).toFixed(3);
    readings.push(`{"device":"${device}","metric":"${metric}","time":${TIME_PLACEHOLDER},"value":${value}}`);
  }
  const text = `[${readings.join(',')}]`;
  const timeAt: number[] = [];
  const marker = `"time":${TIME_PLACEHOLDER}`;
  for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, at + 1))
    timeAt.push(at + '"time":'.length);
  return { body: Buffer.from(text, 'latin1'), timeAt };
}
