import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string;
  /** For `localhost`, and no other name or address. */
  readonly server: KeyPair;
  readonly client: KeyPair;
  /** An authority that has signed none of these. */
  readonly strangeCa: string;
}

/** Makes an authority and certificates that it has signed, valid for two days, with `openssl`. */
export function makeCertificates(folder: string): Certificates {
  mkdirSync(folder, { recursive: true });
  const authority = (name: string): KeyPair => {
    const pair = pairIn(folder, name);
    const basics = ['-addext', 'basicConstraints=critical,CA:TRUE'];
    openssl('req', '-x509', ...NEW_KEY, '-keyout', pair.key, '-out', pair.cert, ...basics, ...subject(name));
    return pair;
  };
  const ca = authority('ca');
  const signed = (name: string, extensions: string): KeyPair => {
    const pair = pairIn(folder, name);
    const request = path.join(folder, `${name}.csr`);
    const extensionFile = path.join(folder, `${name}.ext`);
    writeFileSync(extensionFile, extensions);
    openssl('req', ...NEW_KEY, '-keyout', pair.key, '-out', request, ...subject(name));
    const signer = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', request, ...signer, '-extfile', extensionFile, '-out', pair.cert);
    return pair;
  };
  return {
    ca: ca.cert,
    server: signed('server', 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n'),
    client: signed('client', 'extendedKeyUsage=clientAuth\n'),
    strangeCa: authority('strange-ca').cert,
  };
}

const NEW_KEY = [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:prime256v1',
  '-nodes',
  '-sha256',
  '-days',
  '2',
];

const pairIn = (folder: string, name: string): KeyPair => ({
  key: path.join(folder, `${name}.key`),
  cert: path.join(folder, `${name}.pem`),
});

const subject = (name: string): string[] => ['-subj', `/CN=tidewatch ${name}`];

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
