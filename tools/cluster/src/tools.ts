import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** What `tools/cluster/install.sh` builds, in a folder that all checkouts of this user share. */
export const HOME =
  process.env['TIDEWATCH_CLUSTER_HOME'] ??
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'tidewatch-cluster');

export const LINTERS = [
  ...['helm', 'helm4', 'helm-unittest', 'kubeconform', 'kube-score', 'kubesec', 'checkov'],
] as const;
export const CONTROL_PLANE = [
  ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl', 'kwok'],
] as const;

export function toolPath(name: string): string {
  return path.join(HOME, 'bin', name);
}

/** `describe` where the tools are; elsewhere a skipped one that says why. With `REQUIRE_CLUSTER=1` absence is a failure. */
export function describeWithTools(tools: readonly string[], name: string, body: () => void): void {
  const missing = tools.filter((tool) => !existsSync(toolPath(tool)));
  // Through the global: `@jest/globals` throws when it is loaded outside a test, and the command loads this file as well.
  const jest = globalThis as unknown as JestGlobals;
  if (missing.length === 0) {
    jest.describe(name, body);
    return;
  }
  const reason = `${missing.join(', ')} not in ${HOME}: run tools/cluster/install.sh`;
  if (process.env['REQUIRE_CLUSTER'] === '1') {
    jest.describe(name, () =>
      jest.test('the tools are required', () => {
        throw new Error(`REQUIRE_CLUSTER=1, but ${reason}`);
      }),
    );
    return;
  }
  process.stderr.write(`skipped: ${name}: ${reason}\n`);
  jest.describe.skip(name, body);
}

interface JestGlobals {
  readonly describe: { (name: string, body: () => void): void; readonly skip: JestGlobals['describe'] };
  readonly test: (name: string, body: () => void) => void;
}
