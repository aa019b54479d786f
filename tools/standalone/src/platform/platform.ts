import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DataFolder } from '../data/data-folder';
import { Secrets } from '../data/secrets';
import type { StandaloneOptions } from '../options';
import { checkPorts } from '../ports';
import { endLeftovers } from '../processes/leftovers';
import { Access } from './access';
import type { Database } from './database';
import { DatabaseKeeper } from './database-keeper';
import { migrate } from './migration';
import { ServiceGroup } from './service-group';
import { SERVICES, type ServicePlan, planServices, publicAddress, reachable } from './service-plans';

const SIMULATOR = 'simulator';

export interface PlatformInput {
  readonly options: StandaloneOptions;
  readonly folder: DataFolder;
  /** Folder with everything compiled. */
  readonly dist: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

/** What a start has to tell. */
export interface Running {
  readonly address: string;
  readonly signInUrl: string;
  readonly ingestKey: string | null;
  /** A key with the scope `admin`, with `--print-json` only. */
  readonly apiKey: string | null;
  readonly databaseUrl: string;
  readonly services: Readonly<Record<string, string>>;
  /** Where `/readyz` and `/metrics` of each are. */
  readonly operations: Readonly<Record<string, string>>;
}

/** PostgreSQL and the services, from nothing to ready and back. */
export class Platform {
  private readonly secrets: Secrets;
  private readonly database: DatabaseKeeper;
  private readonly group: ServiceGroup;
  private plans: readonly ServicePlan[] = [];
  private stopped: Promise<void> | undefined;

  constructor(private readonly input: PlatformInput) {
    const { folder, say } = input;
    this.secrets = new Secrets(folder.secrets);
    this.database = new DatabaseKeeper(folder, this.secrets, say);
    this.group = new ServiceGroup({ logs: folder.logs, run: folder.run, say });
  }

  /** Throws `StartError`; what was started until then runs on until `stop`. */
  async start(): Promise<Running> {
    const { folder, dist, options, say } = this.input;
    await endLeftovers(folder.run, { mark: (service) => this.markOf(service), onProgress: say });
    await checkPorts(this.wantedPorts());
    say('Starting PostgreSQL …');
    const database = await this.database.start();
    this.assertNotStopped();
    say('Bringing the tables up to date …');
    const { log, kafkaBrokers } = options;
    await migrate({ dist, databaseUrl: database.url('owner'), log, kafkaBrokers, logs: folder.logs, say });
    this.assertNotStopped();
    this.plans = this.plan(database);
    say(`Starting ${this.plans.map(({ id }) => id).join(', ')} …`);
    for (const plan of this.plans) this.group.start(plan);
    await Promise.all(
      this.plans.map(({ id, opsPort, host }) => this.group.ready(id, `http://${reachable(host)}:${opsPort}`)),
    );
    this.assertNotStopped();
    return this.open(database);
  }

  /** Ends everything in order; also in the middle of a start. */
  stop(): Promise<void> {
    this.stopped ??= this.stopInOrder();
    return this.stopped;
  }

  /** Ends the services at once. */
  kill(): void {
    this.group.killAll();
  }

  private async stopInOrder(): Promise<void> {
    await this.group.stop([SIMULATOR]);
    for (const service of SERVICES) {
      await this.group.stop(this.plans.filter((plan) => plan.service === service).map(({ id }) => id));
    }
    await this.database.stop();
  }

  private assertNotStopped(): void {
    if (this.stopped !== undefined) throw new Error('stopped while starting');
  }

  private plan(database: Pick<Database, 'url'>): ServicePlan[] {
    const { options, dist, environment } = this.input;
    return planServices({
      dist,
      port: options.port,
      gatewayHost: this.gatewayHost,
      replicas: options.replicas,
      databaseUrl: (service) => database.url(service),
      sessionKey: this.secrets.get('session-key'),
      log: options.log,
      kafkaBrokers: options.kafkaBrokers,
      environment,
    });
  }

  private get gatewayHost(): string {
    return this.input.environment['HOST'] ?? '127.0.0.1';
  }

  private wantedPorts() {
    return this.plan({ url: () => '' }).flatMap(({ id, host, port, opsPort }) => [
      { port, host, service: id },
      ...(opsPort === port ? [] : [{ port: opsPort, host, service: id }]),
    ]);
  }

  /** A part of the command line by which a process left behind is known as ours. */
  private markOf(id: string): string {
    if (id === 'postgres') return this.input.folder.postgres;
    if (id === SIMULATOR) return this.simulatorScript;
    return path.join(this.input.dist, 'apps', id.replace(/-\d+$/, ''), 'src', 'main.js');
  }

  private get simulatorScript(): string {
    return path.join(this.input.dist, 'tools', 'simulator', 'src', 'main.js');
  }

  private async open(database: Database): Promise<Running> {
    const { options, folder } = this.input;
    const address = publicAddress(this.gatewayHost, options.port);
    const databaseUrl = database.url('owner');
    const access = new Access(databaseUrl, this.secrets);
    try {
      const running: Running = {
        address,
        signInUrl: await access.signInUrl(address),
        ingestKey: folder.fresh || options.newKey ? await access.freshIngestKey() : null,
        apiKey: options.printJson ? await access.ownKey('automation', ['admin']) : null,
        databaseUrl,
        services: this.addresses(({ port }) => port),
        operations: this.addresses(({ opsPort }) => opsPort),
      };
      if (options.demo)
        this.startSimulator(running.services['gateway']!, await access.ownKey('simulator', ['ingest']));
      this.writeState(running, database.server.port);
      folder.markStarted();
      return running;
    } finally {
      await access.close();
    }
  }

  private addresses(portOf: (plan: ServicePlan) => number): Record<string, string> {
    return Object.fromEntries(
      this.plans.map((plan) => [plan.id, `http://${reachable(plan.host)}:${portOf(plan)}`]),
    );
  }

  private startSimulator(url: string, key: string): void {
    const { environment } = this.input;
    this.group.start({
      id: SIMULATOR,
      args: [this.simulatorScript],
      env: {
        PATH: environment['PATH'] ?? '',
        TIDEWATCH_URL: url,
        TIDEWATCH_KEY: key,
      },
    });
  }

  /** Addresses for tests and scripts; nothing secret. */
  private writeState({ address, services, operations }: Running, databasePort: number): void {
    const state = { pid: process.pid, address, services, operations, databasePort };
    writeFileSync(path.join(this.input.folder.run, 'state.json'), `${JSON.stringify(state, null, 2)}\n`);
  }
}
