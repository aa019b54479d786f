import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { type ISocketFactory, Kafka, type KafkaConfig, type logCreator, logLevel } from 'kafkajs';
import type { MessagingLogger } from '../logger';
import type { KafkaSecurity } from '../options';
import { connectionSecurity } from './connection-security';
import './quiet-connections';

const KEEP_ALIVE_MS = 30_000;
const CONNECTION_TIMEOUT_MS = 2_000;
const REPEAT_AFTER_MS = 10_000;

export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly security?: KafkaSecurity;
  readonly logger: MessagingLogger;
  /** A request without an answer for this time counts as failed. Default 10,000 ms. */
  readonly requestTimeoutMs?: number;
  /** How often a connection is tried again, and a request by whoever sets nothing else. Default 5. */
  readonly retries?: number;
}

/** A kafkajs client whose connections can be cut. One client per producer, consumer or admin: they share nothing anyway. */
export interface KafkaClient {
  readonly config: KafkaConfig;
  readonly kafka: Kafka;
  /** Cuts every connection and refuses new ones, so that nothing which still runs inside kafkajs can reach the broker. */
  cut(): void;
}

export function createKafkaClient(options: ClientOptions): KafkaClient {
  const sockets = new Set<Socket>();
  let isCut = false;
  const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (isCut) throw new Error('this client is closed');
    const socket = isTls(ssl)
      ? connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
      : connectTcp({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const config: KafkaConfig = {
    brokers: [...options.brokers],
    clientId: options.clientId,
    ...connectionSecurity(options.security),
    socketFactory,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: options.requestTimeoutMs ?? 10_000,
    // All of them: what is left out has other defaults when NODE_ENV is `test`.
    retry: {
      initialRetryTime: 100,
      factor: 0.2,
      multiplier: 2,
      maxRetryTime: 1_000,
      retries: options.retries ?? 5,
    },
    logLevel: logLevel.WARN,
    logCreator: logTo(options.logger, () => isCut),
  };
  return {
    config,
    kafka: new Kafka(config),
    cut: () => {
      isCut = true;
      // Without an error kafkajs is not told, and waits for the answers to its requests.
      for (const socket of sockets) socket.destroy(new Error('this client is closed'));
    },
  };
}

/** Its type says that it is always there; without TLS it is null. */
function isTls(ssl: ConnectionOptions | null): ssl is ConnectionOptions {
  return ssl !== null;
}

/** What we do on purpose: see `KafkaProducer`. */
const EXPECTED = 'Limiting retries for the idempotent producer';

/** kafkajs' own log; a line that it repeats while a broker is away appears once in ten seconds. */
export function logTo(logger: MessagingLogger, isSilent: () => boolean = () => false): logCreator {
  const lastSaid = new Map<string, number>();
  return () =>
    ({ namespace, level, log }) => {
      if (isSilent() || log.message.startsWith(EXPECTED)) return;
      const detail = typeof log['error'] === 'string' ? `: ${log['error']}` : '';
      const line = `kafkajs ${namespace}: ${log.message}${detail}`.trim();
      const now = Date.now();
      if (now - (lastSaid.get(line) ?? 0) < REPEAT_AFTER_MS) return;
      if (lastSaid.size > 100) lastSaid.clear();
      lastSaid.set(line, now);
      if (level === logLevel.ERROR) logger.error(line);
      else logger.warn(line);
    };
}
