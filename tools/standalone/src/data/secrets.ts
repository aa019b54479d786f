import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Secrets of one installation: a file of mode 0600 each, made when first asked for. */
export class Secrets {
  constructor(private readonly folder: string) {}

  /** 32 random bytes as base64url: 43 characters that need no escaping in URLs or SQL. */
  get(name: string): string {
    return this.read(name) ?? this.write(name, randomBytes(32).toString('base64url'));
  }

  read(name: string): string | undefined {
    const file = path.join(this.folder, name);
    if (!existsSync(file)) return undefined;
    const text = readFileSync(file, 'utf8').trim();
    return text === '' ? undefined : text;
  }

  write(name: string, value: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, `${value}\n`, { mode: 0o600 });
    // `mode` has no effect on a file that was there.
    chmodSync(file, 0o600);
    return value;
  }
}
