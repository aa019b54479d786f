import pg from 'pg';

/** Makes roles that may log in, or gives those that exist these passwords. The connection's own role must be allowed to. */
export async function ensureLogins(
  databaseUrl: string,
  passwords: Readonly<Record<string, string>>,
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    for (const [role, password] of Object.entries(passwords)) {
      const found = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
      const verb = found.rowCount === 0 ? 'CREATE' : 'ALTER';
      await client.query(
        `${verb} ROLE ${pg.escapeIdentifier(role)} LOGIN PASSWORD ${pg.escapeLiteral(password)}`,
      );
    }
  } finally {
    await client.end();
  }
}
