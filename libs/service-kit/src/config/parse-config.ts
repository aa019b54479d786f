import { readFileSync } from 'node:fs';
import type { z } from 'zod';

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
  putPasswordIntoUrl(values, problems);
  const result = schema.safeParse(values);
  for (const issue of result.error?.issues ?? []) {
    const name = String(issue.path[0] ?? 'configuration');
    // A file that could not be read has been reported already.
    if (problems.some((line) => line.startsWith(`${name}_FILE `))) continue;
    // What contradicts another setting may stand at its default.
    const isAbsent = !(name in values) && issue.code !== 'custom';
    problems.push(`${name} ${isAbsent ? 'is required' : lowerFirst(issue.message)}`);
  }
  if (values['MESSAGE_LOG'] === 'kafka' && !/[^,\s]/.test(values['KAFKA_BROKERS'] ?? '')) {
    problems.push('KAFKA_BROKERS is required when MESSAGE_LOG is kafka');
  }
  if (problems.length > 0 || !result.success) throw new ConfigError(problems);
  return result.data;
}

const URL_WITH_USER_ALONE = /^(postgres(?:ql)?:\/\/[^:@/?#]+)@/;

function putPasswordIntoUrl(values: Record<string, string>, problems: string[]): void {
  const { DATABASE_URL: url, DATABASE_PASSWORD: password } = values;
  if (url === undefined || password === undefined) return;
  if (!URL_WITH_USER_ALONE.test(url)) {
    problems.push('DATABASE_PASSWORD is set, so DATABASE_URL must have a user and no password');
    return;
  }
  values['DATABASE_URL'] = url.replace(
    URL_WITH_USER_ALONE,
    (_, user: string) => `${user}:${encodeURIComponent(password)}@`,
  );
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
