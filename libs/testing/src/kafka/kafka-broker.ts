import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort, portIsFree } from './free-port';
import { type KafkaDistribution, type Progress, fetchKafka } from './kafka-distribution';
import { classArchive, formattedTemplate, prepareOnce } from './kafka-preparation';
import { commonFlags, end, spawnBroker, untilReady } from './kafka-process';
import { type SecurePlace, serverProperties } from './kafka-properties';

const STOP_TIMEOUT_MS = 20_000;

export interface KafkaOptions {
  /** Keeps the log, the configuration and `kafka.log`; created when missing, continued when not. */
  readonly dataDir: string;
  /** A free port by default. */
  readonly port?: number;
  /** Java heap in megabytes. Default 512. */
  readonly heapMb?: number;
  /** Makes topics that somebody asks for, as many brokers do. Default false. */
  readonly autoCreateTopics?: boolean;
  /** Two more listeners, with TLS. */
  readonly secure?: SecurePlace;
  readonly onProgress?: Progress;
}

export interface KafkaBroker {
  /** `127.0.0.1:<port>`; stays the same over restarts. */
  readonly brokers: string;
  readonly port: number;
  /** Process id of the running broker, or undefined. */
  readonly pid: number | undefined;
  /** Graceful. Does nothing when it does not run. */
  stop(): Promise<void>;
  /** `kill -9`. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port; stops it first when it runs. */
  restart(): Promise<void>;
}

/** Starts a broker of one's own on 127.0.0.1. It ends with this process at the latest. */
export async function startKafka(options: KafkaOptions): Promise<KafkaBroker> {
  const distribution = await fetchKafka(options.onProgress);
  await prepareOnce(distribution, options.onProgress ?? (() => undefined));
  if (options.port !== undefined && !(await portIsFree(options.port))) {
    throw new Error(`Port ${options.port} of 127.0.0.1 is in use`);
  }
  const broker = new BrokerProcess(distribution, options, options.port ?? (await freePort()));
  await broker.start();
  return broker;
}

class BrokerProcess implements KafkaBroker {
  private child: ChildProcess | undefined;

  constructor(
    private readonly distribution: KafkaDistribution,
    private readonly options: KafkaOptions,
    readonly port: number,
  ) {}

  get brokers(): string {
    return `127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  async start(): Promise<void> {
    const dataDir = path.resolve(this.options.dataDir);
    const dataDirectory = path.join(dataDir, 'data');
    if (!existsSync(path.join(dataDirectory, 'meta.properties'))) {
      await cp(formattedTemplate(this.distribution), dataDirectory, { recursive: true });
    }
    const properties = path.join(dataDir, 'server.properties');
    const { autoCreateTopics = false, secure } = this.options;
    const controllerPort = await freePort();
    const place = { dataDirectory, port: this.port, controllerPort, autoCreateTopics, secure };
    await writeFile(properties, serverProperties(place));
    const flags = javaFlags(this.distribution, this.options);
    const child = spawnBroker(flags, properties, path.join(dataDir, 'kafka.log'));
    this.child = child;
    child.once('exit', () => {
      if (this.child === child) this.child = undefined;
    });
    await untilReady(child, path.join(dataDir, 'kafka.log'));
  }

  async stop(): Promise<void> {
    const child = this.child;
    if (!child) return;
    // A broker that does not end by itself (it was stopped with SIGSTOP, say) must not outlive its owner.
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await end(child, 'SIGTERM');
    clearTimeout(force);
  }

  async kill(): Promise<void> {
    if (this.child) await end(this.child, 'SIGKILL');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
}

function javaFlags(distribution: KafkaDistribution, options: KafkaOptions): string[] {
  return [
    `-Xmx${options.heapMb ?? 512}m`,
    // The second compiler takes an eighth of two cores for the first minute or longer, far more than the broker itself: too much for trials and tests.
    '-XX:TieredStopAtLevel=1',
    `-XX:SharedArchiveFile=${classArchive(distribution)}`,
    ...commonFlags(distribution),
  ];
}
