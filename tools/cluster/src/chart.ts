import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { clusterTool } from '@tidewatch/testing';

export const ROOT = path.resolve(__dirname, __filename.endsWith('.ts') ? '../../..' : '../../../..');
export const CHART = path.join(ROOT, 'deploy/helm/tidewatch');
export const RELEASE = 'tidewatch';

/** The shapes of `ci/*-values.yaml`. */
export const SHAPES = readdirSync(path.join(CHART, 'ci'))
  .map((name) => name.replace(/-values\.yaml$/, ''))
  .sort();

/** An object of Kubernetes, as far as this project looks into it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [part: string]: unknown;
}

export function valuesFile(shape: string): string {
  return path.join(CHART, 'ci', `${shape}-values.yaml`);
}

export type Helm = 'helm' | 'helm4';

/** What Helm makes of the chart, hooks and tests included. Throws with what Helm says. */
export function render(shape: string, { helm = 'helm', set = [] }: RenderOptions = {}): string {
  const values = ['--values', valuesFile(shape), ...set.flatMap((pair) => ['--set', pair])];
  return execFileSync(clusterTool(helm), ['template', RELEASE, CHART, '--namespace', RELEASE, ...values], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export interface RenderOptions {
  readonly helm?: Helm;
  /** `key=value`, over the values of the shape. */
  readonly set?: readonly string[];
}

export function objectsOf(rendered: string): KubernetesObject[] {
  return parseAllDocuments(rendered)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}

/** Without what is made anew each time a chart is rendered: keys, passwords and the id of the bundled Kafka. */
export function withoutSecrets(rendered: string): string {
  return rendered
    .split(/^---$/m)
    .map((text) => (/^kind: Secret$/m.test(text) ? maskedSecret(text) : text))
    .join('---')
    .replace(/^( {2}cluster-id: ).*$/gm, '$1<made once>');
}

function maskedSecret(text: string): string {
  const [head, data = ''] = text.split(/^data:$/m);
  return `${head}data:${data.replace(/^( {2}[\w-]+: ).+$/gm, '$1<made once>')}`;
}
