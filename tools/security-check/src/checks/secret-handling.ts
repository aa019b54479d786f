import type { Check, Finding } from '../finding';
import type { Instruction } from '../subjects/dockerfile';
import type { Manifest } from '../subjects/manifest';
import type { Subjects } from '../subjects/subjects';
import { type ContainerRule, checkContainers } from './container-rules';
import { isSecretName } from './secret-names';

const NAME = 'secret-handling';
const MUST_STAY_OUT = ['.env', 'secrets/'];

const RULES: readonly ContainerRule[] = [
  {
    name: 'environment',
    fault: ({ secretVariables, literals }) => {
      const filled = Object.keys(literals).filter((name) => isSecretName(name) && literals[name] !== '');
      const names = [...secretVariables, ...filled];
      return (
        names.length > 0 &&
        `Secrets in the environment, where every child process and crash report has them: ${names.join(', ')}. Mount files.`
      );
    },
  },
  {
    name: 'service-account-token',
    fault: ({ hasServiceAccountToken }) =>
      hasServiceAccountToken && 'A token of the cluster is mounted: set automountServiceAccountToken: false.',
  },
];

/** How secrets come to where they are used, and that they come nowhere else. */
export const secretHandling: Check = {
  name: NAME,
  title: 'Secret handling',
  run(subjects) {
    const outcome = checkContainers(NAME, RULES, subjects);
    const findings = [
      ...outcome.findings,
      ...subjects.renderings.flatMap(({ manifests }) => manifests.flatMap(inConfigMap)),
      ...filesInGit(subjects),
      ...imagesWithSecrets(subjects),
    ];
    return { ...outcome, findings, looked: outcome.looked + subjects.dockerfiles.length };
  },
};

function inConfigMap({ kind, place, data }: Manifest): Finding[] {
  if (kind !== 'ConfigMap') return [];
  return Object.entries(data)
    .filter(([name, value]) => isSecretName(name) && value !== '')
    .map(([name]) => ({
      rule: `${NAME}/config-map`,
      place,
      message: `${name} is a secret, and everybody who may read the namespace's settings reads it here.`,
    }));
}

/** Files with secrets must be left out by git, and by the build of images as well. */
function filesInGit({ tree, composeFiles, dockerfiles }: Subjects): Finding[] {
  const secretFiles = composeFiles.flatMap(({ secretFiles }) =>
    secretFiles.map((file) => file.replace(/^\.\//, '')),
  );
  const inGit = [...new Set([...secretFiles, '.env'])]
    .filter((file) => tree.has(file) || !tree.isIgnored(file))
    .map((file) => ({
      rule: `${NAME}/in-git`,
      place: { file },
      message: tree.has(file)
        ? 'A file for secrets is in git.'
        : 'Git does not ignore this file for secrets.',
    }));
  const inImages = dockerfiles.flatMap(({ file }) => {
    const ignore = [`${file}.dockerignore`, '.dockerignore'].find((name) => tree.has(name));
    const lines =
      ignore === undefined
        ? []
        : tree
            .read(ignore)
            .split('\n')
            .map((line) => line.trim());
    const known = new Set(lines.map((line) => line.replace(/^\/|^\*\*\/|\/$/g, '')));
    // `*` leaves everything out but what is named after it.
    if (known.has('*')) return [];
    return MUST_STAY_OUT.filter((name) => !known.has(name.replace(/\/$/, ''))).map((name) => ({
      rule: `${NAME}/in-image`,
      place: { file: ignore ?? file },
      message: `The build of the image sees ${name}: name it in .dockerignore.`,
    }));
  });
  return [...inGit, ...inImages];
}

/** Arguments and variables of a build stay in the image's history. */
function imagesWithSecrets({ dockerfiles }: Subjects): Finding[] {
  return dockerfiles.flatMap(({ file, stages }) =>
    stages.flat().flatMap(({ name, text, line }: Instruction) => {
      if (name !== 'ARG' && name !== 'ENV') return [];
      const names = text.split(/\s+/).map((part) => part.split('=', 1)[0]!);
      return names.filter(isSecretName).map((secret) => ({
        rule: `${NAME}/build-argument`,
        place: { file, line },
        message: `${secret} stays in the history of the image: use a secret mount.`,
      }));
    }),
  );
}
