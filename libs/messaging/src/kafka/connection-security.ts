import type { KafkaConfig, SASLOptions } from 'kafkajs';
import type { KafkaSecurity } from '../options';

/** The part of a kafkajs configuration that protects connections. For each client its own: kafkajs writes into it. */
export function connectionSecurity({ tls, sasl }: KafkaSecurity = {}): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(tls && { ssl: { ...tls } }),
    // Its type is one of three objects; this is one object with one of three mechanisms.
    ...(sasl && { sasl: { ...sasl } as SASLOptions }),
  };
}
