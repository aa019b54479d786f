import path from 'node:path';
import {
  ChaosPlatform,
  type Driver,
  type FaultName,
  LEDGER_SETTINGS,
  armedFailPoints,
} from '@tidewatch/testing';

export interface KeeperOptions {
  readonly driver: Driver;
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** The platform under attack, one at a time, all of them on the same data. */
export class PlatformKeeper {
  private platform: Promise<ChaosPlatform> | undefined;
  private armed = false;
  private over = false;

  constructor(private readonly options: KeeperOptions) {}

  /** Fail points are armed when a platform starts: each round of them gets a new one, and the other faults one without. */
  async platformFor(fault: FaultName): Promise<ChaosPlatform> {
    const arm = fault === 'fail-points';
    if (this.platform === undefined || arm || this.armed) {
      await this.stop();
      if (this.over) throw new Error('interrupted');
      this.armed = arm;
      this.platform = this.start();
    }
    return this.platform;
  }

  /** For good; also in the middle of a start. */
  async end(): Promise<void> {
    this.over = true;
    await this.stop();
  }

  private async stop(): Promise<void> {
    const last = this.platform;
    this.platform = undefined;
    await last?.then(
      (platform) => platform.stop(),
      () => undefined,
    );
  }

  private start(): Promise<ChaosPlatform> {
    const { driver, folder, say } = this.options;
    return ChaosPlatform.start({
      driver,
      folder,
      script: path.resolve(__dirname, '../../standalone/src/main.js'),
      replicas: { processing: 2, storage: 2 },
      settings: { ...LEDGER_SETTINGS, ...(this.armed ? armedFailPoints() : {}) },
      say,
    });
  }
}
