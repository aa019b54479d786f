import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Certificates, makeCertificates } from '../certificates';
import { freePort } from './free-port';
import { type KafkaBroker, startKafka } from './kafka-broker';
import { fetchKafka } from './kafka-distribution';
import { commonFlags } from './kafka-process';

/** A broker that is reached with TLS. Certificates are made for it; those of `certificates` are of the same authority. */
export interface SecureKafka {
  readonly broker: KafkaBroker;
  readonly certificates: Certificates;
  /** `localhost:<port>`: wants this user, by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. */
  readonly withPassword: string;
  /** `localhost:<port>`: wants a certificate of the client. */
  readonly withCertificate: string;
  readonly user: { readonly name: string; readonly password: string };
  stop(): Promise<void>;
}

export async function startSecureKafka(): Promise<SecureKafka> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-kafka-'));
  const certificates = makeCertificates(path.join(folder, 'certificates'));
  const keyStore = path.join(folder, 'key-store.pem');
  const pem = (file: string): string => readFileSync(file, 'utf8');
  writeFileSync(keyStore, pem(certificates.server.key) + pem(certificates.server.cert), { mode: 0o600 });
  const user = { name: 'tidewatch', password: 'Pa55wordOfTheUser' };
  const [passwordPort, certificatePort] = [await freePort(), await freePort()];
  const secure = { keyStore, trustStore: certificates.ca, passwordPort, certificatePort, user };
  const broker = await startKafka({ dataDir: path.join(folder, 'broker'), secure });
  await addScramUser(broker.brokers, user);
  return {
    broker,
    certificates,
    user,
    withPassword: `localhost:${passwordPort}`,
    withCertificate: `localhost:${certificatePort}`,
    stop: async () => {
      await broker.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** SCRAM keeps its users in the cluster; kafkajs has no request for that, and Kafka's tool takes one mechanism at a time. */
async function addScramUser(brokers: string, { name, password }: SecureKafka['user']): Promise<void> {
  const java = ['-XX:TieredStopAtLevel=1', ...commonFlags(await fetchKafka())];
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    const tool = ['kafka.admin.ConfigCommand', '--bootstrap-server', brokers, '--alter'];
    const user = ['--entity-type', 'users', '--entity-name', name];
    const change = ['--add-config', `${mechanism}=[password=${password}]`];
    execFileSync('java', [...java, ...tool, ...user, ...change], { stdio: 'pipe' });
  }
}
