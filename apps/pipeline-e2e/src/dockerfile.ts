import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What a Dockerfile says of the image it makes. */
export interface ImagePlan {
  /** Version of Node in the stages that build. */
  readonly nodeVersion: string;
  /** Every `FROM`, without the name of its stage. */
  readonly bases: readonly string[];
  /** What is run in the first stage, which gives the image its packages. */
  readonly packageCommands: readonly string[];
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  /** Arguments behind the path of Node in `ENTRYPOINT`, then those of `CMD`. */
  readonly nodeArguments: readonly string[];
  readonly defaultArguments: readonly string[];
  readonly instructions: readonly string[];
}

export const ROOT = path.resolve(__dirname, '../../..');
const DOCKERFILE = path.join(ROOT, 'deploy/docker/Dockerfile');

/** Throws where the file has not the shape that this reads. */
export function readDockerfile(): ImagePlan {
  const instructions = readFileSync(DOCKERFILE, 'utf8')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const all = (name: string) =>
    instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const last = (name: string): string => {
    const text = all(name).at(-1);
    if (text === undefined) throw new Error(`no ${name} in ${DOCKERFILE}`);
    return text;
  };
  const bases = all('FROM').map((text) => text.split(' AS ')[0]!);
  const firstStage = instructions.slice(
    1,
    instructions.findIndex((line, i) => i > 0 && line.startsWith('FROM ')),
  );
  const packageCommands = firstStage.flatMap((line) => /^RUN (.*)$/.exec(line)?.[1] ?? []);
  const nodeVersion = /^node:(\d+\.\d+\.\d+)-/.exec(bases[0] ?? '')?.[1];
  if (packageCommands.length === 0 || nodeVersion === undefined)
    throw new Error(`unexpected stages in ${DOCKERFILE}`);
  const [node, ...nodeArguments] = JSON.parse(last('ENTRYPOINT')) as string[];
  if (node !== '/nodejs/bin/node') throw new Error(`ENTRYPOINT is ${String(node)}`);
  return {
    nodeVersion,
    bases,
    packageCommands,
    user: last('USER'),
    env: Object.fromEntries(
      last('ENV')
        .split(' ')
        .map((pair) => pair.split('=') as [string, string]),
    ),
    nodeArguments,
    defaultArguments: JSON.parse(last('CMD')) as string[],
    instructions,
  };
}
