import { randomUUID } from 'node:crypto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Tracer } from '../tracer';
import type { SamplerName, TracingLogger, TracingSettings } from '../tracing';
import { BoundedExport } from './bounded-export';
import { OtelTracer } from './otel-tracer';
import { OtlpSender } from './otlp-sender';

/** Part of the time that a service has to stop. */
const STOP_TIMEOUT_MS = 3_000;

/** Sends spans to a collector. Nothing is registered globally: who traces has been given the tracer. */
export function startExport(
  settings: TracingSettings,
  logger: TracingLogger,
): { tracer: Tracer; stop: () => Promise<void> } {
  const { url, headers, serviceName, sampler, ratio } = settings;
  const sender = new OtlpSender(url, headers);
  const provider = new TracerProvider({
    sampler: samplerOf(sampler, ratio),
    resource: resourceFromAttributes({
      'service.name': serviceName,
      'service.namespace': 'tidewatch',
      'service.instance.id': randomUUID(),
    }),
    spanProcessors: [new BoundedExport(sender, logger)],
  });
  logger.info(`traces of ${sampler} go to ${url}`);
  return {
    tracer: new OtelTracer(provider.getTracer('tidewatch')),
    stop: () => {
      sender.tryOnce();
      return withDeadline(provider.shutdown(), () => logger.warn('not all traces were sent in time'));
    },
  };
}

function samplerOf(name: SamplerName, ratio: number): Sampler {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}

async function withDeadline(work: Promise<void>, onMissed: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      onMissed();
      resolve();
    }, STOP_TIMEOUT_MS);
  });
  // That a collector did not take them has been logged and counted.
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
