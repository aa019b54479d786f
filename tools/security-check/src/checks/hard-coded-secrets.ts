import path from 'node:path';
import type { Check, Finding } from '../finding';
import { findProgram, output } from '../subjects/programs';
import type { Subjects } from '../subjects/subjects';
import type { Tree } from '../subjects/tree';
import { hasUrlPassword, isSecretName } from './secret-names';

const NAME = 'hard-coded-secrets';
/** Where what is written is used as it stands. Source code and documents show addresses with passwords as examples. */
const USED_AS_IT_STANDS = /^(deploy\/|\.github\/|(docker-)?compose[^/]*\.ya?ml$|\.env)/;
const VARIABLES = /^\s*(?:export\s+|-\s+)?(\w+)=(?!\s*$)['"]?(?!\$)/;

export const hardCodedSecrets: Check = {
  name: NAME,
  title: 'Hard-coded secrets',
  run(subjects) {
    const trivy = findProgram('trivy');
    const files = subjects.tree.files.filter((file) => USED_AS_IT_STANDS.test(file));
    return {
      findings: [
        ...(trivy === undefined ? [] : scanned(trivy, subjects.tree)),
        ...files.flatMap((file) => writtenIn(file, subjects.tree.read(file))),
        ...literals(subjects),
      ],
      looked: subjects.tree.files.length,
      missed: trivy === undefined ? ['keys and tokens in the source tree: trivy is not installed'] : [],
    };
  },
};

interface Report {
  Results?: { Target: string; Secrets?: { RuleID: string; Title: string; StartLine: number }[] }[];
}

/** Trivy knows the forms of keys and tokens. What git leaves out is scanned too, and then left out here. */
function scanned(trivy: string, tree: Tree): Finding[] {
  const skipped = ['node_modules', 'dist', '.git', '.nx', '.tidewatch', 'tmp'].flatMap((folder) => [
    ...['--skip-dirs', path.join(tree.root, folder)],
  ]);
  const args = [
    'fs',
    '--scanners',
    'secret',
    '--format',
    'json',
    '--quiet',
    '--skip-version-check',
    ...skipped,
  ];
  const report = JSON.parse(output(trivy, [...args, tree.root])) as Report;
  return (report.Results ?? [])
    .filter(({ Target }) => tree.has(Target))
    .flatMap(({ Target, Secrets = [] }) =>
      Secrets.map(({ RuleID, Title, StartLine }) => ({
        rule: `${NAME}/${RuleID}`,
        place: { file: Target, line: StartLine },
        message: `This looks like a secret: ${Title}. Take it out, and make it worthless where it was valid.`,
      })),
    );
}

function writtenIn(file: string, text: string): Finding[] {
  return text.split('\n').flatMap((line, index): Finding[] => {
    const place = { file, line: index + 1 };
    const name = VARIABLES.exec(line)?.[1];
    return [
      ...(hasUrlPassword(line)
        ? [{ rule: `${NAME}/url`, place, message: 'An address with a password in it.' }]
        : []),
      ...(name !== undefined && isSecretName(name)
        ? [
            {
              rule: `${NAME}/variable`,
              place,
              message: `${name} has a value here. Leave it empty, or name a file.`,
            },
          ]
        : []),
    ];
  });
}

/** Variables of containers that hold a secret as text. */
function literals({ containers }: Subjects): Finding[] {
  return containers.flatMap(({ place, literals }) =>
    Object.entries(literals)
      .filter(([name, value]) => isSecretName(name) && value !== '' && !/^\$\{\w+(:\?[^}]*)?\}$/.test(value))
      .map(([name]) => ({
        rule: `${NAME}/container-variable`,
        place,
        message: `The value of ${name} stands in the file: mount a file and name it in ${name}_FILE.`,
      })),
  );
}
