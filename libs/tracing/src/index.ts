export { BatchSpans } from './batch-spans';
export { contextsOf, recordHeaders } from './record-headers';
export {
  traceFields,
  type Attributes,
  type Carrier,
  type Span,
  type SpanOptions,
  type TraceContext,
  type Tracer,
} from './tracer';
export { SAMPLERS, Tracing, type SamplerName, type TracingLogger, type TracingSettings } from './tracing';
