import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './dockerfile';

/** What this project uses of a service in a Compose file, variables filled in. */
export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly secrets?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly mem_limit?: string;
  readonly pids_limit?: number;
  readonly volumes?: readonly string[];
  readonly user?: string;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { internal?: boolean }>>;
  readonly secrets: Readonly<Record<string, { file: string }>>;
}

/** A Compose file as it is with these variables: filled in after parsing, as Compose does. Throws on one without value and default. */
export function readCompose(
  variables: Readonly<Record<string, string>>,
  file = 'docker-compose.yml',
): ComposeFile {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  return parse(text, {
    merge: true,
    reviver: (_, value: unknown) => filled(value, variables),
  }) as ComposeFile;
}

function filled(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, name: string, otherwise: string | undefined) => {
    const given = variables[name] === '' ? undefined : variables[name];
    const result = given ?? otherwise;
    if (result === undefined) throw new Error(`${name} has no value and no default`);
    return result;
  });
}

/** The variables of a file such as `.env.sample`. */
export function readVariables(file: string): Record<string, string> {
  const lines = readFileSync(path.join(ROOT, file), 'utf8').split('\n');
  const pairs = lines.flatMap((line) => /^(\w+)=(.*)$/.exec(line)?.slice(1) ?? []);
  return Object.fromEntries(
    Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i]!, pairs[2 * i + 1]!]),
  );
}
