import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'protobufjs';
import { waitFor } from './wait-for';

/** What is looked at here. @see https://github.com/open-telemetry/opentelemetry-proto (trace/v1/trace.proto) */
const { root } = parse(
  `syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9; repeated Link links = 13; Status status = 15;
  }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }`,
);
const Request = root.lookupType('Request');
const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];

type Value = string | number | boolean;
interface Attributes {
  readonly attributes?: readonly { key: string; value?: Record<string, Value> }[];
}
interface RawSpan extends Attributes {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly links?: readonly { traceId: string; spanId: string }[];
  readonly status?: { code?: number };
}
interface RawRequest {
  readonly resourceSpans?: readonly {
    readonly resource: Attributes;
    readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[];
  }[];
}

/** A span as a collector sees it; ids in hexadecimal digits. */
export interface CollectedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: string;
  readonly durationMs: number;
  readonly hasFailed: boolean;
  readonly attributes: Readonly<Record<string, Value>>;
  /** Ids of the spans that it is linked with. */
  readonly links: readonly string[];
}

/** Takes traces by OTLP over HTTP (Protobuf), as an OpenTelemetry Collector does. */
export class TraceCollector {
  readonly spans: CollectedSpan[] = [];
  /** Of each request. */
  readonly headers: IncomingHttpHeaders[] = [];
  /** How requests are answered from now on. */
  status = 200;
  private readonly server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.headers.push(request.headers);
      const status = request.url === '/v1/traces' ? this.status : 404;
      if (status === 200) this.spans.push(...spansOf(Buffer.concat(chunks)));
      reply.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
    });
  });

  /** On the given port, or any. */
  static async start(port = 0): Promise<TraceCollector> {
    const collector = new TraceCollector();
    // A test that fails before it stops the collector still ends.
    collector.server.unref();
    await new Promise<void>((resolve) => collector.server.listen(port, '127.0.0.1', resolve));
    return collector;
  }

  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Waits until a span of that name (and trace) has come. */
  spanOf(name: string, traceId?: string): Promise<CollectedSpan> {
    return waitFor(`the span ${name}`, () =>
      this.spans.find((span) => span.name === name && (traceId ?? span.traceId) === span.traceId),
    );
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    if (!this.server.listening) return;
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function spansOf(body: Buffer): CollectedSpan[] {
  // To the form of JSON: bytes as base64, 64-bit integers as text.
  const message = Request.toObject(Request.decode(body), { bytes: String, longs: String }) as RawRequest;
  return (message.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource)['service.name']);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => collected(service, span)));
  });
}

function collected(service: string, span: RawSpan): CollectedSpan {
  return {
    service,
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId ?? ''),
    name: span.name,
    kind: KINDS[span.kind] ?? String(span.kind),
    durationMs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
    hasFailed: span.status?.code === 2,
    attributes: attributesOf(span),
    links: (span.links ?? []).map(({ spanId }) => hex(spanId)),
  };
}

function attributesOf({ attributes = [] }: Attributes): Record<string, Value> {
  return Object.fromEntries(
    attributes.map(({ key, value = {} }) => {
      const [kind, one = ''] = Object.entries(value)[0] ?? [];
      return [key, kind === 'intValue' ? Number(one) : one];
    }),
  );
}

function hex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}
