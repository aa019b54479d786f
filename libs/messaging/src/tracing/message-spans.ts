import { type Attributes, BatchSpans, contextsOf, type Span, type Tracer } from '@tidewatch/tracing';
import type { MessagingOptions } from '../options';
import type { LogBatch } from '../port/log';

type Driver = MessagingOptions['driver'];
const SYSTEMS: Record<Driver, string> = { kafka: 'kafka', postgres: 'postgresql' };

/** @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
function attributesOf(driver: Driver, operation: 'send' | 'process', topic: string): Attributes {
  return {
    'messaging.system': SYSTEMS[driver],
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.destination.name': topic,
  };
}

/** The step from here to the acknowledgement of the log. Its context belongs into the headers of the records. */
export function beginSend(parent: Span, driver: Driver, topic: string): Span {
  return parent.child(`send ${topic}`, {
    kind: 'producer',
    attributes: attributesOf(driver, 'send', topic),
  });
}

/** The handling of a batch, in each of the sampled traces that its records continue; nothing when there are none. */
export function beginProcess(
  tracer: Tracer,
  driver: Driver,
  { consumer, batch }: { readonly consumer: string; readonly batch: LogBatch },
): BatchSpans | undefined {
  const contexts = contextsOf(batch.records);
  if (contexts.length === 0) return undefined;
  return BatchSpans.begin(tracer, `process ${batch.topic}`, contexts, {
    kind: 'consumer',
    attributes: {
      ...attributesOf(driver, 'process', batch.topic),
      'messaging.destination.partition.id': String(batch.partition),
      'messaging.consumer.group.name': consumer,
      'messaging.batch.message_count': batch.records.length,
    },
  });
}
