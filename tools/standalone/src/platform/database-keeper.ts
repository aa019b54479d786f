import type { DataFolder } from '../data/data-folder';
import type { Secrets } from '../data/secrets';
import { messageOf } from '../errors';
import { Backoff } from '../processes/backoff';
import { PidFile } from '../processes/pid-file';
import { type Database, startDatabase } from './database';

/** Runs PostgreSQL, and starts it again on the same port when it dies. */
export class DatabaseKeeper {
  private database: Database | undefined;
  private starting: Promise<Database> | undefined;
  private stopping = false;
  private readonly backoff = new Backoff();
  private readonly pidFile: PidFile;

  constructor(
    private readonly folder: DataFolder,
    private readonly secrets: Secrets,
    private readonly say: (line: string) => void,
  ) {
    this.pidFile = new PidFile(folder.run, 'postgres');
  }

  async start(port?: number): Promise<Database> {
    const startedAt = Date.now();
    this.starting = startDatabase(
      {
        dataDir: this.folder.postgres,
        ...(port === undefined ? {} : { port }),
        onProgress: (line) => this.say(`PostgreSQL: ${line}`),
      },
      this.secrets,
    );
    const database = await this.starting;
    this.database = database;
    this.pidFile.write(database.server.pid);
    this.say(`PostgreSQL is ready (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
    void database.server.ended.then(({ code, signal }) => {
      this.pidFile.remove();
      if (!this.stopping) this.startAgain(signal ?? `exit code ${code}`, Date.now() - startedAt);
    });
    return database;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    // A start that is under way cannot be called off; it is brought to its end first.
    await this.starting?.catch(() => undefined);
    if (this.database === undefined) return;
    await this.database.server.stop();
    this.say('PostgreSQL stopped');
  }

  private startAgain(how: string, lifetimeMs: number): void {
    const delay = this.backoff.next(lifetimeMs);
    this.say(`PostgreSQL ended unexpectedly (${how}); starting it again in ${delay / 1000} s`);
    setTimeout(() => {
      if (this.stopping) return;
      this.start(this.database?.server.port).catch((error: unknown) => {
        if (!this.stopping) this.startAgain(messageOf(error), 0);
      });
    }, delay);
  }
}
