import type { EntityManager } from 'typeorm';

/**
 * Raises the revision of all settings. The row stays locked until the transaction ends: changes of settings are one after the other, and a
 * reader who sees a revision sees every one before it.
 */
export async function nextRevision(transaction: EntityManager): Promise<string> {
  const [rows] = await transaction.query<[{ revision: string }[], number]>(
    'UPDATE settings_revision SET revision = revision + 1 RETURNING revision',
  );
  return rows[0]!.revision;
}
