import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who may call: API keys and one-time sign-in tokens, both as SHA-256 only. */
export class Access1763900000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE api_keys (
        id text PRIMARY KEY,
        secret_hash bytea NOT NULL,
        name text NOT NULL,
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        revoked_at timestamptz
      );
      CREATE TABLE sign_in_tokens (
        token_hash bytea PRIMARY KEY,
        scopes text[] NOT NULL,
        expires_at timestamptz NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE sign_in_tokens, api_keys');
  }
}
