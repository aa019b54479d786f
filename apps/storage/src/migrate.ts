import { ensureTopics, LogReplacedError, messagingOptions } from '@tidewatch/messaging';
import { commonConfig, ConfigError, parseConfig, processEnvironment } from '@tidewatch/service-kit';
import { migrate, SchemaTooNewError } from '@tidewatch/time-series';
import { Pool } from 'pg';
import { z } from 'zod';

/**
 * The admin step before the services start: brings the database to the schema of this build, then makes the log's topics.
 * Prints one line for each thing it does. Exit codes: 0 done, 1 failed (safe to run again), 2 configuration, 3 the database is of a newer version,
 * 4 the database was read from another log.
 */
const config = z.object({
  DATABASE_URL: commonConfig.DATABASE_URL,
  MESSAGE_LOG: commonConfig.MESSAGE_LOG,
  KAFKA_BROKERS: commonConfig.KAFKA_BROKERS,
  TOPIC_PARTITIONS: z.coerce.number().int().min(1).max(1_000).default(12),
  TOPIC_REPLICATION: z.coerce.number().int().min(1).max(7).default(1),
});

const USAGE = `Brings the database to the schema of this build and makes the log's topics; safe to run again.

  npm run migrate

Settings come from the environment; X_FILE names a file with the value of X.

  DATABASE_URL          of the owner of the tables; required
  MESSAGE_LOG           postgres or kafka (default postgres)
  KAFKA_BROKERS         host:port,… ; required for kafka
  TOPIC_PARTITIONS      of each topic (default 12)
  TOPIC_REPLICATION     copies of each partition on Kafka (default 1)
`;

const EXIT = { failed: 1, configuration: 2, tooNew: 3, otherLog: 4 } as const;

async function run(): Promise<void> {
  const settings = parseConfig(config, processEnvironment());
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
  } finally {
    await pool.end();
  }
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
