import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { CLUSTER_HOME, clusterTool } from '@tidewatch/testing';
import { CHART, type KubernetesObject, objectsOf, ROOT, valuesFile } from '../chart';
import type { Finding } from './finding';

const KUBERNETES = '1.35.4';
const SCHEMAS = path.join(CLUSTER_HOME, 'schemas');
/** Kinds of other projects: the API server, whose schemas these are, does not know them. */
const FOREIGN = ['ServiceMonitor', 'PrometheusRule', 'ScaledObject', 'TriggerAuthentication', 'HTTPRoute'];
const WORKLOADS = ['Deployment', 'StatefulSet'];

interface Output {
  readonly status: number | null;
  readonly stdout: string;
  readonly text: string;
}

function run(tool: string, args: readonly string[], input?: string): Output {
  const { status, stdout, stderr, error } = spawnSync(clusterTool(tool), args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: {
      ...process.env,
      HELM_CONFIG_HOME: path.join(CLUSTER_HOME, 'helm'),
      TRIVY_CACHE_DIR: path.join(CLUSTER_HOME, 'trivy-cache'),
    },
    ...(input === undefined ? {} : { input }),
  });
  if (error) throw error;
  return { status, stdout, text: (stdout + stderr).trim() };
}

/** The JSON that a tool writes. Throws with what it says where it writes none. */
function json(tool: string, { stdout, text }: Output): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`${tool} did not do its work: ${text.slice(0, 2_000)}`);
  }
}

/** `helm lint --strict` with the values of a shape, by both versions. */
export function helmLint(shape: string): Finding[] {
  return ['helm', 'helm4'].flatMap((tool) => {
    const { status, text } = run(tool, ['lint', '--strict', '--quiet', CHART, '--values', valuesFile(shape)]);
    return status === 0 ? [] : [{ tool, rule: 'lint', object: shape, message: text }];
  });
}

export function helmUnittest(): Finding[] {
  const { status, text } = run('helm-unittest', ['--color=false', CHART]);
  return status === 0 ? [] : [{ tool: 'helm-unittest', rule: 'test', object: 'tests', message: text }];
}

function kubeconform(rendered: string): Finding[] {
  const args = ['-strict', '-output', 'json', '-skip', FOREIGN.join(','), '-kubernetes-version', KUBERNETES];
  const { resources = [] } = json(
    'kubeconform',
    run('kubeconform', [...args, '-schema-location', SCHEMAS, '-'], rendered),
  ) as {
    resources?: { kind: string; name: string; status: string; msg: string }[];
  };
  return resources
    .filter(({ status }) => status !== 'statusValid' && status !== 'statusSkipped')
    .map(({ kind, name, status, msg }) => ({
      ...{ tool: 'kubeconform', rule: status, object: `${kind}/${name}`, message: msg },
    }));
}

function kubeScore(rendered: string): Finding[] {
  const objects = json(
    'kube-score',
    run('kube-score', ['score', '--output-format', 'json', '-'], rendered),
  ) as {
    type_meta: { kind: string };
    object_meta: { name: string };
    checks: {
      check: { id: string };
      grade: number;
      skipped: boolean;
      comments: { summary: string }[] | null;
    }[];
  }[];
  const best = 10;
  return objects.flatMap(({ type_meta, object_meta, checks }) =>
    checks
      .filter(({ grade, skipped }) => !skipped && grade < best)
      .map(({ check, comments }) => ({
        tool: 'kube-score',
        rule: check.id,
        object: `${type_meta.kind}/${object_meta.name}`,
        message: (comments ?? []).map(({ summary }) => summary).join('; '),
      })),
  );
}

/** One workload at a time: a file with any other kind ends it. */
function kubesec(rendered: string): Finding[] {
  const args = ['scan', '--schema-location', SCHEMAS, '--kubernetes-version', KUBERNETES];
  return objectsOf(rendered)
    .filter(({ kind }) => WORKLOADS.includes(kind))
    .flatMap((object) =>
      kubesecOf(object, json('kubesec', run('kubesec', [...args, '-'], stringify(object))) as KubesecReport),
    );
}

type KubesecReport = readonly [
  {
    readonly valid: boolean;
    readonly message: string;
    readonly scoring: Readonly<Record<'critical' | 'advise', { id: string; reason: string }[] | undefined>>;
  },
];

function kubesecOf({ kind, metadata }: KubernetesObject, [report]: KubesecReport): Finding[] {
  const base = { tool: 'kubesec', object: `${kind}/${metadata.name}` };
  if (!report.valid) return [{ ...base, rule: 'valid', message: report.message }];
  return [...(report.scoring.critical ?? []), ...(report.scoring.advise ?? [])].map(({ id, reason }) => ({
    ...base,
    rule: id,
    message: reason,
  }));
}

function checkov(rendered: string): Finding[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-checkov-'));
  try {
    const file = path.join(folder, 'rendered.yaml');
    writeFileSync(file, rendered);
    const options = [
      '--framework',
      'kubernetes',
      '--compact',
      '--quiet',
      '--skip-download',
      '--output',
      'json',
    ];
    const report = json('checkov', run('checkov', ['--file', file, ...options])) as {
      results: { failed_checks: { check_id: string; check_name: string; resource: string }[] };
      summary: { parsing_errors: number };
    };
    if (report.summary.parsing_errors > 0) throw new Error('checkov cannot parse the rendering');
    return report.results.failed_checks.map(({ check_id, check_name, resource }) => {
      const [kind, , ...name] = resource.split('.');
      return {
        tool: 'checkov',
        rule: check_id,
        object: `${String(kind)}/${name.join('.')}`,
        message: check_name,
      };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `trivy config` over a rendering, or over a file of the tree. */
export function trivy(target: { rendered: string } | { file: string }): Finding[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-trivy-'));
  try {
    const file = 'file' in target ? path.join(ROOT, target.file) : path.join(folder, 'rendered.yaml');
    if ('rendered' in target) writeFileSync(file, target.rendered);
    const offline = ['--skip-check-update', '--skip-version-check', '--disable-telemetry'];
    const report = json(
      'trivy',
      run('trivy', ['config', '--format', 'json', '--quiet', ...offline, file]),
    ) as {
      Results?: {
        Misconfigurations?: { ID: string; Message: string; CauseMetadata: { Resource?: string } }[];
      }[];
    };
    // Without a result nothing was looked at.
    if (report.Results === undefined) throw new Error('trivy found nothing to check');
    return report.Results.flatMap(({ Misconfigurations = [] }) =>
      Misconfigurations.map(({ ID, Message, CauseMetadata }) => ({
        tool: 'trivy',
        rule: ID,
        object: 'file' in target ? target.file : objectIn(Message, CauseMetadata.Resource),
        message: Message,
      })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Trivy names the object in its sentence, as in `Container 'kafka' of StatefulSet 'tidewatch-kafka' should …`. */
function objectIn(message: string, resource: string | undefined): string {
  const [, kind, name] = /(\w+) '([\w.-]+)' (?:should|in|must)/.exec(message) ?? [];
  return kind && name ? `${kind}/${name}` : (resource ?? 'rendering');
}

/** Each linter that looks at what the chart renders to. */
export const OF_RENDERING = {
  kubeconform,
  'kube-score': kubeScore,
  kubesec,
  checkov,
  trivy: (rendered: string) => trivy({ rendered }),
};
