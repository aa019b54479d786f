import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { describeWhere } from './describe-where';

const { TIDEWATCH_CLUSTER_HOME, XDG_CACHE_HOME = path.join(homedir(), '.cache') } = process.env;

/** What `tools/cluster/install.sh` builds, in a folder that all checkouts of this user share. */
export const CLUSTER_HOME = TIDEWATCH_CLUSTER_HOME ?? path.join(XDG_CACHE_HOME, 'tidewatch-cluster');

export function clusterTool(name: string): string {
  return path.join(CLUSTER_HOME, 'bin', name);
}

/** `describe` where these tools are; elsewhere a skipped one that says why. With `REQUIRE_CLUSTER=1` absence is a failure. */
export function describeWithClusterTools(tools: readonly string[], name: string, body: () => void): void {
  const absent = tools.filter((tool) => !existsSync(clusterTool(tool)));
  const missing =
    absent.length === 0 ? null : `${absent.join(', ')} not in ${CLUSTER_HOME}: run tools/cluster/install.sh`;
  describeWhere('cluster', missing)(name, body);
}
