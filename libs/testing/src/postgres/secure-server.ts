import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Certificates, makeCertificates } from '../certificates';
import { startPostgres } from './server';
import { onServer } from './test-database';

/** A server that takes encrypted connections only. */
export interface SecurePostgres {
  readonly certificates: Certificates;
  /** As a user of the server has it: `sslmode=verify-full`, and the authority that the certificate is of. */
  readonly url: string;
  stop(): Promise<void>;
}

export async function startSecurePostgres(): Promise<SecurePostgres> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-postgres-'));
  // The server runs under another account when root starts it, and has to get to its folder.
  chmodSync(folder, 0o711);
  const certificates = makeCertificates(path.join(folder, 'certificates'));
  const dataDir = path.join(folder, 'data');
  const server = await startPostgres({ dataDir, database: 'tidewatch' });
  const { uid, gid } = statSync(dataDir);
  for (const [file, name] of [
    [certificates.server.cert, 'server.crt'],
    [certificates.server.key, 'server.key'],
  ] as const) {
    const copy = path.join(dataDir, name);
    copyFileSync(file, copy);
    chmodSync(copy, 0o600);
    chownSync(copy, uid, gid);
  }
  writeFileSync(path.join(dataDir, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
  await onServer(server.url, 'ALTER SYSTEM SET ssl = on');
  await onServer(server.url, 'SELECT pg_reload_conf()');
  const url = new URL(server.url.replace('127.0.0.1', 'localhost'));
  url.searchParams.set('sslmode', 'verify-full');
  url.searchParams.set('sslrootcert', certificates.ca);
  return {
    certificates,
    url: url.href,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
