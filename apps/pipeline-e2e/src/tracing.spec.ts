import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type CollectedSpan,
  describeWithKafka,
  freePortRange,
  type KafkaBroker,
  startKafka,
  TraceCollector,
  waitFor,
} from '@tidewatch/testing';
import { Supervisor } from './supervisor';

const CALLER = '00f067aa0ba902b7';
const traceOf = (digit: string) => digit.repeat(32);

interface Running {
  readonly ingestKey: string;
  readonly apiKey: string;
  readonly services: Readonly<Record<string, string>>;
}

describe('a trace on the embedded log', () => traceThrough(() => Promise.resolve(undefined)));
describeWithKafka('a trace on Kafka', () => traceThrough((folder) => startKafka({ dataDir: folder })));

function traceThrough(startBroker: (folder: string) => Promise<KafkaBroker | undefined>): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-tracing-'));
  let broker: KafkaBroker | undefined;
  let collector: TraceCollector;
  let platform: Supervisor | undefined;
  let running: Running;

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    [broker, collector] = await Promise.all([
      startBroker(path.join(folder, 'kafka')),
      TraceCollector.start(),
    ]);
    const args = ['--data-dir', path.join(folder, 'data'), '--port', String(await freePortRange())];
    if (broker) args.push('--log', 'kafka', '--kafka-brokers', broker.brokers);
    const started = (platform = new Supervisor([...args, '--print-json'], {
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        // Only what a caller asks for.
        OTEL_TRACES_SAMPLER_ARG: '0',
      },
    }));
    const line = await waitFor('the platform', () => /^\{.*\}$/m.exec(started.out)?.[0], 120_000);
    running = JSON.parse(line) as Running;
  }, 180_000);
  afterAll(async () => {
    platform?.interrupt();
    await platform?.exit;
    await Promise.all([collector.stop(), broker?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const post = async (device: string, headers: Record<string, string> = {}): Promise<number> => {
    const answer = await fetch(`${running.services['gateway']!}/v1/readings`, {
      method: 'POST',
      headers: { 'x-api-key': running.ingestKey, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ device, metric: 'temperature', value: 1 }),
    });
    return answer.status;
  };
  const traced = (trace: string) => ({ traceparent: `00-${trace}-${CALLER}-01` });
  const isStored = async (device: string): Promise<boolean> => {
    const answer = await fetch(`${running.services['gateway']!}/v1/devices`, {
      headers: { 'x-api-key': running.apiKey },
    });
    const { items } = (await answer.json()) as { items: { device: string }[] };
    return items.some((one) => one.device === device);
  };
  const step = (service: string, name: string, trace: string): Promise<CollectedSpan> =>
    waitFor(`${name} of ${service}`, () =>
      collector.spans.find(
        (span) => span.service === `tidewatch-${service}` && span.name === name && span.traceId === trace,
      ),
    );

  test('leads from the request at the gateway to the transaction of its reading', async () => {
    const trace = traceOf('a');
    // Others in the same block have no part in it.
    const answers = await Promise.all([post('other'), post('traced', traced(trace)), post('another')]);
    expect(answers).toEqual([202, 202, 202]);
    const path: [service: string, name: string][] = [
      ['gateway', 'POST /v1/readings'],
      ['gateway', 'POST'],
      ['ingestion', 'POST /v1/readings'],
      ['ingestion', 'send readings.v1'],
      ['storage', 'process readings.v1'],
      ['storage', 'COPY readings'],
    ];
    let parent = CALLER;
    for (const [service, name] of path) {
      const span = await step(service, name, trace);
      expect([service, name, span.parentSpanId, span.hasFailed]).toEqual([service, name, parent, false]);
      parent = span.spanId;
    }
    const { spanId } = await step('ingestion', 'send readings.v1', trace);
    for (const reader of ['processing', 'dashboard'])
      expect((await step(reader, 'process readings.v1', trace)).parentSpanId).toBe(spanId);
    expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([trace]));
  });

  test('is lost with a collector that goes away, and nothing else is', async () => {
    const port = Number(new URL(collector.endpoint).port);
    await collector.stop();
    expect(await post('untold', traced(traceOf('b')))).toBe(202);
    await waitFor('the reading', () => isStored('untold'));
    const ready = await fetch(`${running.services['ingestion']!}/readyz`);
    expect(ready.status).toBe(200);
    collector = await TraceCollector.start(port);
    const again = traceOf('c');
    expect(await post('told', traced(again))).toBe(202);
    await step('storage', 'COPY readings', again);
  });
}
