import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { clusterTool } from '@tidewatch/testing';
import { ROOT } from './chart';

const SCRIPT = path.join(ROOT, 'tools/cluster/control-plane.sh');

export interface Result {
  readonly status: number | null;
  /** Standard output and errors, one after the other. */
  readonly text: string;
}

/** A control plane of `control-plane.sh`, with a name of its own. */
export class ControlPlane {
  private constructor(
    private readonly name: string,
    readonly kubeconfig: string,
  ) {}

  static start(name: string): ControlPlane {
    spawnSync(SCRIPT, ['stop', name]);
    const kubeconfig = execFileSync(SCRIPT, ['start', name], { encoding: 'utf8' }).trim();
    const cluster = new ControlPlane(name, kubeconfig);
    cluster.kubectl(['apply', '--filename', '-'], VOLUMES);
    return cluster;
  }

  stop(): void {
    execFileSync(SCRIPT, ['stop', this.name], { stdio: 'ignore' });
  }

  /** For programs that are to speak to this cluster. */
  get environment(): Record<string, string> {
    const home = path.dirname(this.kubeconfig);
    const folders = Object.fromEntries(
      ['CACHE', 'CONFIG', 'DATA'].map((kind) => [`HELM_${kind}_HOME`, path.join(home, 'helm')]),
    );
    return { ...folders, KUBECONFIG: this.kubeconfig, KUBECACHEDIR: path.join(home, 'cache'), HOME: home };
  }

  run(program: string, args: readonly string[], input?: string): Result {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', ...this.environment },
      ...(input === undefined ? {} : { input }),
    });
    if (error) throw error;
    return { status, text: stdout + stderr };
  }

  /** What it says. Throws when it fails. */
  kubectl(args: readonly string[], input?: string): string {
    const { status, text } = this.run(clusterTool('kubectl'), args, input);
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${text}`);
    return text;
  }

  /** A namespace that takes no pod beyond Pod Security "restricted". */
  makeNamespace(name: string): void {
    this.kubectl(['create', 'namespace', name]);
    this.kubectl(['label', 'namespace', name, 'pod-security.kubernetes.io/enforce=restricted']);
  }

  items(namespace: string, kinds: string, selector = ''): Item[] {
    const text = this.kubectl(['-n', namespace, 'get', kinds, '--selector', selector, '--output', 'json']);
    return (JSON.parse(text) as { items: Item[] }).items;
  }
}

export interface Item {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** There is no provisioner: a default class, and volumes that are never used. */
const VOLUMES = [
  'apiVersion: storage.k8s.io/v1',
  'kind: StorageClass',
  "metadata: { name: by-hand, annotations: { storageclass.kubernetes.io/is-default-class: 'true' } }",
  'provisioner: kubernetes.io/no-provisioner',
  ...Array.from({ length: 8 }, (_, index) =>
    [
      '---',
      'apiVersion: v1',
      'kind: PersistentVolume',
      `metadata: { name: volume-${index} }`,
      'spec:',
      '  capacity: { storage: 100Gi }',
      '  accessModes: [ReadWriteOnce]',
      '  storageClassName: by-hand',
      `  hostPath: { path: /nowhere/${index} }`,
    ].join('\n'),
  ),
].join('\n');
