import { Inject, Injectable } from '@nestjs/common';
import { Readiness, SERVICE_CONFIG } from '@tidewatch/service-kit';
import { pendingMigrations } from '@tidewatch/time-series';
import type { StorageConfig } from '../config';

/** Not ready while the database has not been migrated to this build, or was migrated by a newer one. */
@Injectable()
export class SchemaCheck {
  private current = false;

  constructor(@Inject(SERVICE_CONFIG) config: StorageConfig, readiness: Readiness) {
    readiness.add('schema', () => this.check(config.DATABASE_URL));
  }

  private async check(databaseUrl: string): Promise<void> {
    if (this.current) return;
    const pending = await pendingMigrations(databaseUrl);
    if (pending.length > 0) throw new Error(`run the migration first: ${pending.join(', ')}`);
    this.current = true;
  }
}
