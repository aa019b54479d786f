import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type ComposeFile, parseCompose } from './compose-file';
import { type Instruction, stagesOf } from './dockerfile';
import { type Manifest, parseManifests } from './manifest';
import { findProgram, output } from './programs';
import { type Tree, readTree } from './tree';
import { type Pod, containersOf, podsIn } from './kubernetes-pods';
import type { Container } from './workload';

/** What one set of values makes of the chart. */
export interface Rendering {
  readonly name: string;
  readonly manifests: readonly Manifest[];
  readonly pods: readonly Pod[];
}

/** All that is looked at. */
export interface Subjects {
  readonly tree: Tree;
  readonly renderings: readonly Rendering[];
  readonly composeFiles: readonly ComposeFile[];
  readonly dockerfiles: readonly { readonly file: string; readonly stages: readonly Instruction[][] }[];
  /** Of all renderings and Compose files. */
  readonly containers: readonly Container[];
  /** Of a running platform. */
  readonly url: string | undefined;
  /** Why the chart, say, is not among the subjects. */
  readonly missing: readonly string[];
}

export interface SubjectOptions {
  readonly root: string;
  readonly url: string | undefined;
  /** A file of manifests to look at instead of the chart. */
  readonly manifests: string | undefined;
}

const CHART = 'deploy/helm/tidewatch';

/** Throws an `Error` with one line when something is there but can't be read. */
export function gatherSubjects({ root, url, manifests }: SubjectOptions): Subjects {
  const tree = readTree(root);
  const missing: string[] = [];
  const renderings =
    manifests === undefined
      ? renderChart(tree, missing)
      : [toRendering(manifests, readFileSync(manifests, 'utf8'))];
  const composeFiles = tree.files
    .filter((file) => /^(docker-)?compose[^/]*\.ya?ml$/.test(file))
    .map((file) => parseCompose(tree.read(file), file));
  return {
    tree,
    renderings,
    composeFiles,
    dockerfiles: tree.files
      .filter((file) => /(^|\/)Dockerfile(\.(?!dockerignore)[^/]*)?$/.test(file))
      .map((file) => ({ file, stages: stagesOf(tree.read(file)) })),
    containers: [
      ...renderings.flatMap(({ pods }) => pods.flatMap(containersOf)),
      ...composeFiles.flatMap(({ services }) => services.map(({ container }) => container)),
    ],
    url,
    missing,
  };
}

/** With its own values, and with each of the shapes that the chart is tested in. */
function renderChart(tree: Tree, missing: string[]): Rendering[] {
  if (!tree.has(`${CHART}/Chart.yaml`)) return [];
  const helm = findProgram('helm');
  if (helm === undefined) {
    missing.push('the chart: helm is not installed (or give --manifests <file>)');
    return [];
  }
  const shapes = tree.files.filter(
    (file) => file.startsWith(`${CHART}/ci/`) && file.endsWith('-values.yaml'),
  );
  return [undefined, ...shapes].map((values) => {
    const args = ['template', 'tidewatch', path.join(tree.root, CHART), '--namespace', 'tidewatch'];
    if (values !== undefined) args.push('--values', path.join(tree.root, values));
    return toRendering(path.basename(values ?? 'values.yaml'), output(helm, args));
  });
}

function toRendering(name: string, text: string): Rendering {
  // Files of a chart are named by their path in it.
  const manifests = parseManifests(text, name).map((manifest) => ({
    ...manifest,
    place: {
      ...manifest.place,
      file: manifest.place.file.startsWith('templates/')
        ? `${CHART}/${manifest.place.file}`
        : manifest.place.file,
    },
  }));
  return { name, manifests, pods: podsIn(manifests) };
}
