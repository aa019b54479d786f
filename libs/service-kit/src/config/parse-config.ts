import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { databaseProblems, withPassword } from './database-config';
import { kafkaProblems } from './kafka-config';

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment does not hold a valid configuration. `problems` has one line per variable and no values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/**
 * Validates an environment. An empty variable counts as absent; `X_FILE` names a file with the value of `X`
 * (a trailing line break is dropped). Throws `ConfigError` with every fault at once.
 */
export function parseConfig<S extends z.ZodObject>(schema: S, environment: Environment): z.output<S> {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = readSetting(name, environment, problems);
    if (value !== undefined) values[name] = value;
  }
  const unread = problems.map((line) => line.slice(0, line.indexOf('_FILE ')));
  const together = [...databaseProblems(values), ...kafkaProblems(values)];
  // What should be in a file that could not be read has been reported already.
  problems.push(...together.filter((line) => !unread.some((name) => line.startsWith(`${name} `))));
  if (values['DATABASE_URL'] !== undefined)
    values['DATABASE_URL'] = withPassword(values['DATABASE_URL'], values['DATABASE_PASSWORD']);
  const result = schema.safeParse(values);
  for (const issue of result.error?.issues ?? []) {
    const name = String(issue.path[0] ?? 'configuration');
    if (unread.includes(name)) continue;
    // What contradicts another setting may stand at its default.
    const isAbsent = !(name in values) && issue.code !== 'custom';
    problems.push(`${name} ${isAbsent ? 'is required' : lowerFirst(issue.message)}`);
  }
  if (problems.length > 0 || !result.success) throw new ConfigError(problems);
  return result.data;
}

function readSetting(name: string, environment: Environment, problems: string[]): string | undefined {
  const direct = environment[name] === '' ? undefined : environment[name];
  const file = environment[`${name}_FILE`];
  if (file === undefined || file === '') return direct;
  if (direct !== undefined) {
    problems.push(`${name}_FILE is set although ${name} is: set one of them`);
    return undefined;
  }
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    problems.push(`${name}_FILE cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
    return undefined;
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
