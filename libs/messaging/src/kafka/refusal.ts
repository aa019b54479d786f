import type { KafkaConfig } from 'kafkajs';
import { LogUnavailableError } from '../port/errors';

type Security = Pick<KafkaConfig, 'ssl' | 'sasl'>;
type Check = readonly [sign: RegExp, applies: (security: Security) => boolean, check: string];

const always = (): boolean => true;

/** What brokers and TLS say about settings that don't fit is short, or nothing at all. */
const CHECKS: readonly Check[] = [
  [
    /closed connection|ECONNRESET/i,
    ({ ssl }) => !ssl,
    'check KAFKA_TLS: it looks as if the listener wants TLS',
  ],
  [
    /closed connection|ECONNRESET/i,
    ({ ssl, sasl }) => ssl !== undefined && !sasl,
    'check KAFKA_SASL_MECHANISM: it looks as if the listener wants a login',
  ],
  [
    /before secure TLS connection|wrong version number|packet length too long/i,
    always,
    'check KAFKA_TLS: it looks as if the listener does not speak TLS',
  ],
  [/current SASL state/i, always, 'check KAFKA_SASL_MECHANISM: it looks as if the listener knows no login'],
  [/mechanism is not supported/i, always, 'check KAFKA_SASL_MECHANISM'],
  [/authentication failed/i, always, 'check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD'],
  [/alert bad certificate|certificate required/i, always, 'check KAFKA_TLS_CERT and KAFKA_TLS_KEY'],
  [/unable to verify|self.signed|unable to get (local )?issuer/i, always, 'check KAFKA_TLS_CA'],
  [/altnames/i, always, "check KAFKA_BROKERS and the listener's advertised name"],
];

/** For a connection that did not come about: what was said, and which setting to look at. */
export function refusal(error: unknown, security: Security): LogUnavailableError {
  const said = (error instanceof Error ? error.message : String(error)).trim();
  const found = CHECKS.find(([sign, applies]) => sign.test(said) && applies(security));
  const check = found ? ` (${found[2]})` : '';
  return new LogUnavailableError(`Kafka cannot be reached: ${said}${check}`, { cause: error });
}
