import { Inject, Injectable } from '@nestjs/common';
import { PG_POOL, Readiness, SERVICE_CONFIG } from '@tidewatch/service-kit';
import { pendingMigrations } from '@tidewatch/time-series';
import type { Pool } from 'pg';
import type { StorageConfig } from '../config';

/** Not ready while the database is away, has not been migrated to this build, or was migrated by a newer one. */
@Injectable()
export class SchemaCheck {
  private current = false;

  constructor(
    @Inject(SERVICE_CONFIG) config: StorageConfig,
    @Inject(PG_POOL) private readonly pool: Pool,
    readiness: Readiness,
  ) {
    readiness.add('schema', () => this.check(config.DATABASE_URL));
  }

  private async check(databaseUrl: string): Promise<void> {
    if (this.current) {
      await this.pool.query('SELECT 1');
      return;
    }
    const pending = await pendingMigrations(databaseUrl);
    if (pending.length > 0) throw new Error(`run the migration first: ${pending.join(', ')}`);
    this.current = true;
  }
}
