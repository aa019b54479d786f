import { createApiKey, createSignInToken, listApiKeys } from '@tidewatch/auth';
import type { Scope } from '@tidewatch/contracts';
import pg from 'pg';
import type { Secrets } from '../data/secrets';

const SIGN_IN_TTL_MS = 60 * 60 * 1000;

/** Makes keys and sign-in links, straight in the database as its owner. */
export class Access {
  private readonly pool: pg.Pool;

  constructor(
    databaseUrl: string,
    private readonly secrets: Secrets,
  ) {
    this.pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
    this.pool.on('error', () => undefined);
  }

  /** A new key with the scope `ingest`; nothing keeps it. */
  async freshIngestKey(): Promise<string> {
    return (await createApiKey(this.pool, { name: 'first ingest key', scopes: ['ingest'] })).key;
  }

  /** A link that signs a browser in once, within the hour. */
  async signInUrl(address: string): Promise<string> {
    const token = await createSignInToken(this.pool, ['admin'], SIGN_IN_TTL_MS);
    return `${address}/#token=${token}`;
  }

  /** A key for a program that we start ourselves: kept among the secrets, made anew when it is gone or revoked. */
  async ownKey(name: string, scopes: Scope[]): Promise<string> {
    const kept = this.secrets.read(`key-${name}`);
    if (kept !== undefined && (await this.isValid(kept))) return kept;
    const { key } = await createApiKey(this.pool, { name, scopes });
    return this.secrets.write(`key-${name}`, key);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async isValid(key: string): Promise<boolean> {
    const keys = await listApiKeys(this.pool);
    return keys.some(({ id, revokedAt }) => revokedAt === null && key.startsWith(`tw_${id}_`));
  }
}
