import { z } from 'zod';
import { readCertificate, readKey } from './pem';
import { secret } from './secret';

const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const certificates = z.string().refine((text) => readCertificate(text) !== undefined, {
  error: 'is not a certificate in PEM form',
});

/** How to reach Kafka; part of the settings of every service. */
export const kafkaConfig = {
  KAFKA_BROKERS: commaList
    .default([])
    .describe('Comma-separated `host:port` list. Required when `MESSAGE_LOG` is `kafka`.'),
  KAFKA_TLS: z
    .stringbool({ truthy: ['true'], falsy: ['false'], error: 'must be true or false' })
    .default(false)
    .describe('Whether connections to Kafka are encrypted: `true` or `false`.'),
  KAFKA_TLS_CA: certificates
    .optional()
    .describe(
      "Certificates (PEM) that the brokers' are signed with, as a rule by `KAFKA_TLS_CA_FILE`. Default: those that Node.js brings.",
    ),
  KAFKA_TLS_CERT: certificates
    .optional()
    .describe('Certificate (PEM) to show to brokers that ask for one. Needs `KAFKA_TLS_KEY`.'),
  KAFKA_TLS_KEY: z
    .string()
    .refine((text) => readKey(text) !== undefined, {
      error: 'is not a private key in PEM form, without a passphrase',
    })
    .optional()
    .meta(secret)
    .describe('Private key (PEM) of `KAFKA_TLS_CERT`.'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe(
      'How to log in at Kafka: `plain`, `scram-sha-256` or `scram-sha-512`. Default: not at all. `plain` without `KAFKA_TLS` shows the password to the network.',
    ),
  KAFKA_SASL_USERNAME: z
    .string()
    .min(1)
    .optional()
    .describe('User at Kafka. Required with `KAFKA_SASL_MECHANISM`.'),
  KAFKA_SASL_PASSWORD: z
    .string()
    .min(1)
    .optional()
    .meta(secret)
    .describe('Password at Kafka. Required with `KAFKA_SASL_MECHANISM`.'),
};

/** Settings that mean something together with another one only. */
const NEEDS: readonly [setting: string, needed: string][] = [
  ['KAFKA_TLS_CERT', 'KAFKA_TLS_KEY'],
  ['KAFKA_TLS_KEY', 'KAFKA_TLS_CERT'],
  ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME'],
  ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_PASSWORD'],
  ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_MECHANISM'],
  ['KAFKA_SASL_PASSWORD', 'KAFKA_SASL_MECHANISM'],
];
const NEED_TLS = ['KAFKA_TLS_CA', 'KAFKA_TLS_CERT', 'KAFKA_TLS_KEY'];

/** What is wrong with these settings together; a line for each, beginning with the setting to change. */
export function kafkaProblems(values: Readonly<Record<string, string>>): string[] {
  const problems: string[] = [];
  if (values['MESSAGE_LOG'] === 'kafka' && !/[^,\s]/.test(values['KAFKA_BROKERS'] ?? '')) {
    problems.push('KAFKA_BROKERS is required when MESSAGE_LOG is kafka');
  }
  for (const [setting, needed] of NEEDS) {
    if (setting in values && !(needed in values)) problems.push(`${needed} is required with ${setting}`);
  }
  if (values['KAFKA_TLS'] !== 'true') {
    const idle = NEED_TLS.filter((name) => name in values);
    if (idle.length > 0) problems.push(`KAFKA_TLS must be true when ${idle.join(', ')} is set`);
  }
  const certificate = readCertificate(values['KAFKA_TLS_CERT']);
  const key = readKey(values['KAFKA_TLS_KEY']);
  if (certificate && key && !certificate.checkPrivateKey(key))
    problems.push('KAFKA_TLS_KEY is not the key of KAFKA_TLS_CERT');
  return problems;
}
