import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { readCertificate, readKey } from './pem';
import { secret } from './secret';

/** How to reach PostgreSQL; part of the settings of every service. */
export const databaseConfig = {
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, { error: 'must begin with postgres:// or postgresql://', abort: true })
    .refine((text) => parsed(text) !== undefined, {
      error: 'is not a URL: write special characters of a password as %XX',
    })
    .meta(secret)
    .describe(
      'PostgreSQL connection string. With TLS: `?sslmode=verify-full&sslrootcert=/path/of/ca.pem`; `sslcert` and `sslkey` name files too.',
    ),
  DATABASE_PASSWORD: z
    .string()
    .min(1)
    .optional()
    .meta(secret)
    .describe('Password for a `DATABASE_URL` that has none, so that only this has to be a secret.'),
};

const URL_WITH_USER_ALONE = /^(postgres(?:ql)?:\/\/[^:@/?#]+)@/;
/** As `pg` understands them: all but the first and the last check the certificate's signature and its host name. */
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
const SSL_FILES = [
  { name: 'sslrootcert', what: 'certificate', read: readCertificate },
  { name: 'sslcert', what: 'certificate', read: readCertificate },
  { name: 'sslkey', what: 'private key (without a passphrase)', read: readKey },
];

/** The URL with the password of `DATABASE_PASSWORD` in it. */
export function withPassword(url: string, password: string | undefined): string {
  if (password === undefined) return url;
  return url.replace(URL_WITH_USER_ALONE, (_, user: string) => `${user}:${encodeURIComponent(password)}@`);
}

/** What is wrong with these settings beyond the form of each: a line for each, beginning with the setting to change. */
export function databaseProblems(values: Readonly<Record<string, string>>): string[] {
  const { DATABASE_URL: url, DATABASE_PASSWORD: password } = values;
  if (url === undefined) return [];
  const problems: string[] = [];
  if (password !== undefined && !URL_WITH_USER_ALONE.test(url))
    problems.push('DATABASE_PASSWORD is set, so DATABASE_URL must have a user and no password');
  const parameters = parsed(url)?.searchParams;
  if (parameters) problems.push(...tlsProblems(parameters));
  return problems;
}

function tlsProblems(parameters: URLSearchParams): string[] {
  const problems: string[] = [];
  const mode = parameters.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode))
    problems.push(`DATABASE_URL has an unknown sslmode: it may be ${SSL_MODES.join(', ')}`);
  if (parameters.has('sslcert') !== parameters.has('sslkey'))
    problems.push('DATABASE_URL needs both or neither of sslcert and sslkey');
  for (const { name, what, read } of SSL_FILES) {
    const file = parameters.get(name);
    if (file === null) continue;
    try {
      if (!read(readFileSync(file, 'utf8')))
        problems.push(`DATABASE_URL names an ${name} that is no ${what} in PEM form`);
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      problems.push(`DATABASE_URL names an ${name} that cannot be read: ${code}`);
    }
  }
  return problems;
}

/** A host may be left out in favour of a socket: `postgres://user:password@/name?host=/run/postgresql`. */
function parsed(url: string): URL | undefined {
  const complete = url.replace('@/', '@socket/');
  return URL.canParse(complete) ? new URL(complete) : undefined;
}
