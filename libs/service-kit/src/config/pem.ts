import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

/** The first certificate of a text in PEM form, or undefined. */
export function readCertificate(pem: string | undefined): X509Certificate | undefined {
  return tried(pem, (text) => new X509Certificate(text));
}

/** A private key in PEM form, without a passphrase, or undefined. */
export function readKey(pem: string | undefined): KeyObject | undefined {
  return tried(pem, createPrivateKey);
}

function tried<T>(pem: string | undefined, read: (text: string) => T): T | undefined {
  try {
    return pem === undefined ? undefined : read(pem);
  } catch {
    return undefined;
  }
}
