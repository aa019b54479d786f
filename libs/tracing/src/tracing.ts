import type * as StartExport from './otel/start-export';
import type { Tracer } from './tracer';

export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

/** How to trace, as it was validated at the start. */
export interface TracingSettings {
  readonly serviceName: string;
  /** The whole URL that takes spans. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sampler: SamplerName;
  /** Share of traces, 0 to 1, for the samplers that take one. */
  readonly ratio: number;
}

export interface TracingLogger {
  info(message: string): void;
  warn(message: string): void;
}

/** Tracing of a process; without a tracer when it is off. */
export class Tracing {
  static readonly OFF = new Tracing(undefined, () => Promise.resolve());

  private constructor(
    readonly tracer: Tracer | undefined,
    /** Sends what has ended, for as long as that may take at the end of a process. Never rejects. */
    readonly stop: () => Promise<void>,
  ) {}

  /** Only now, and only when it is asked for, are the packages of OpenTelemetry loaded. */
  static start(settings: TracingSettings | undefined, logger: TracingLogger): Tracing {
    if (settings === undefined) return Tracing.OFF;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import at the top would load them in any case
    const { startExport } = require('./otel/start-export') as typeof StartExport;
    const { tracer, stop } = startExport(settings, logger);
    return new Tracing(tracer, stop);
  }
}
