import { SAMPLERS, type TracingSettings } from '@tidewatch/tracing';
import { z } from 'zod';
import { secret } from './secret';

const TRACES_PATH = 'v1/traces';
const HEADER_VALUE = /^[\x20-\x7e]*$/;
/** A token of HTTP. @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** How to send traces; part of the settings of every service. The names are those of OpenTelemetry. */
export const tracingConfig = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be a URL of http or https', abort: true })
    .refine(isPlain, {
      error: 'must not hold a user, a password or a query: secrets belong into OTEL_EXPORTER_OTLP_HEADERS',
    })
    .optional()
    .describe(
      'Collector that takes traces by OTLP over HTTP (Protobuf), as a rule on port 4318; `/v1/traces` is added. Default: no tracing.',
    ),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .refine((text) => parseHeaders(text) !== undefined, {
      error: 'must be a list of name=value with commas between, special characters of values as %XX',
    })
    .optional()
    .meta(secret)
    .describe('Headers for the collector, as `name=value,name=value`.'),
  OTEL_TRACES_SAMPLER: z
    .enum(SAMPLERS)
    .default('parentbased_traceidratio')
    .describe(
      'Which requests are traced: `always_on`, `always_off`, `traceidratio`, or one of these with `parentbased_` before it, which does as the caller says in `traceparent`.',
    ),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('Share of the requests that `traceidratio` traces, 0 to 1.'),
  OTEL_SERVICE_NAME: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe('Name of the service in traces. Default: `tidewatch-` and the name of the app.'),
  OTEL_SDK_DISABLED: z
    .stringbool({ truthy: ['true'], falsy: ['false'], error: 'must be true or false' })
    .default(false)
    .describe('Whether there is no tracing in spite of an endpoint: `true` or `false`.'),
};

/** What to trace with; nothing when tracing is off. */
export function tracingSettings(
  name: string,
  config: z.output<z.ZodObject<typeof tracingConfig>>,
): TracingSettings | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = config;
  if (endpoint === undefined || config.OTEL_SDK_DISABLED) return undefined;
  return {
    serviceName: config.OTEL_SERVICE_NAME ?? `tidewatch-${name}`,
    url: new URL(TRACES_PATH, endpoint.endsWith('/') ? endpoint : `${endpoint}/`).href,
    headers: parseHeaders(config.OTEL_EXPORTER_OTLP_HEADERS ?? '') ?? {},
    sampler: config.OTEL_TRACES_SAMPLER,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
  };
}

/** A query would not be sent, either. */
function isPlain(text: string): boolean {
  const { username, password, search, hash } = new URL(text);
  return [username, password, search, hash].every((part) => part === '');
}

/** @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables */
function parseHeaders(list: string): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const item of list.split(',').filter((part) => part.trim() !== '')) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(item) ?? [];
    const text = decoded(value.trim());
    if (!HEADER_NAME.test(name.trim()) || text === undefined || !HEADER_VALUE.test(text)) return undefined;
    headers[name.trim().toLowerCase()] = text;
  }
  return headers;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
