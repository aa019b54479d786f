import { adoptApiKey, parseKey } from '@tidewatch/auth';
import type { CreateApiKey } from '@tidewatch/contracts';
import { ensureTopics, LogReplacedError, messagingOptions } from '@tidewatch/messaging';
import {
  commonConfig,
  ConfigError,
  databaseConfig,
  kafkaConfig,
  parseConfig,
  processEnvironment,
  secret,
} from '@tidewatch/service-kit';
import { ensureLogins, migrate, ROLE_PRIVILEGES, SchemaTooNewError } from '@tidewatch/time-series';
import { Pool } from 'pg';
import { z } from 'zod';

const ROLES = Object.keys(ROLE_PRIVILEGES);
const passwordSetting = (role: string) => `${role.toUpperCase()}_PASSWORD`;
const password = z.string().min(16).meta(secret).optional();
const firstKey = z
  .string()
  .refine(
    (text) => parseKey(text) !== null,
    'must be tw_, 12 letters or digits, _ and 43 characters of base64url',
  )
  .meta(secret)
  .optional();

/**
 * The admin step before the services start: logins of the services where passwords are given, the database's schema of this build, the log's
 * topics, and where one is given a first API key.
 * Prints one line for each thing it does. Exit codes: 0 done, 1 failed (safe to run again), 2 configuration, 3 the database is of a newer version,
 * 4 the database was read from another log.
 */
const config = z.object({
  ...databaseConfig,
  MESSAGE_LOG: commonConfig.MESSAGE_LOG,
  ...kafkaConfig,
  TOPIC_PARTITIONS: z.coerce.number().int().min(1).max(1_000).default(12),
  TOPIC_REPLICATION: z.coerce.number().int().min(1).max(7).default(1),
  BOOTSTRAP_KEY: firstKey,
  BOOTSTRAP_INGEST_KEY: firstKey,
  ...Object.fromEntries(ROLES.map((role) => [passwordSetting(role), password])),
});

const USAGE = `Brings the database to the schema of this build and makes the log's topics; safe to run again.

  npm run migrate

Settings come from the environment; X_FILE names a file with the value of X.

  DATABASE_URL          of the owner of the tables; required
  DATABASE_PASSWORD     for a DATABASE_URL without one
  MESSAGE_LOG           postgres or kafka (default postgres)
  KAFKA_BROKERS         host:port,… ; required for kafka
  KAFKA_TLS, KAFKA_SASL_…
                        as of the services, see apps/storage/README.md
  TOPIC_PARTITIONS      of each topic (default 12)
  TOPIC_REPLICATION     copies of each partition on Kafka (default 1)
  TIDEWATCH_<SERVICE>_PASSWORD
                        makes the role tidewatch_<service>, or gives it this password (16 characters or more)
  BOOTSTRAP_KEY         an API key with all rights, tw_<12 letters or digits>_<43 of base64url>: only its hash is kept
  BOOTSTRAP_INGEST_KEY  another one, which may only send readings
`;

const EXIT = { failed: 1, configuration: 2, tooNew: 3, otherLog: 4 } as const;

async function run(): Promise<void> {
  const settings: z.output<typeof config> & Record<string, unknown> = parseConfig(
    config,
    processEnvironment(),
  );
  const logins = loginsIn(settings);
  await ensureLogins(settings.DATABASE_URL, logins);
  for (const role of Object.keys(logins)) print(`login of ${role} set`);
  await migrate(settings.DATABASE_URL, { onProgress: print });
  const pool = new Pool({ connectionString: settings.DATABASE_URL, max: 2 });
  pool.on('error', () => undefined);
  try {
    const topics = await ensureTopics(messagingOptions(settings, { name: 'migrate', pool }), {
      partitions: settings.TOPIC_PARTITIONS,
      replication: settings.TOPIC_REPLICATION,
    });
    for (const { topic, partitions, outcome } of topics) {
      print(`topic ${topic}: ${partitions} partitions, ${outcome}`);
    }
    await adoptFirstKey(pool, settings.BOOTSTRAP_KEY, {
      name: 'bootstrap',
      scopes: ['ingest', 'read', 'admin'],
    });
    await adoptFirstKey(pool, settings.BOOTSTRAP_INGEST_KEY, {
      name: 'bootstrap ingest',
      scopes: ['ingest'],
    });
  } finally {
    await pool.end();
  }
}

/** Passwords by role. */
function loginsIn(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  const given = ROLES.map((role) => [role, settings[passwordSetting(role)]] as const);
  return Object.fromEntries(given.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

async function adoptFirstKey(pool: Pool, key: string | undefined, of: CreateApiKey): Promise<void> {
  if (key === undefined) return;
  const isNew = await adoptApiKey(pool, { key, ...of });
  print(`the ${of.name} key ${isNew ? 'is known now' : 'was known already'}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function exitCode(error: unknown): number {
  if (error instanceof ConfigError) return EXIT.configuration;
  if (error instanceof LogReplacedError) return EXIT.otherLog;
  return error instanceof SchemaTooNewError ? EXIT.tooNew : EXIT.failed;
}

/** A refused connection is an `AggregateError` without a message of its own. */
function lineOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(lineOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<void> {
  if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
    process.stdout.write(USAGE);
    return;
  }
  await run();
}

main().catch((error: unknown) => {
  process.stderr.write(`migrate: ${lineOf(error)}\n`);
  process.exitCode = exitCode(error);
});
