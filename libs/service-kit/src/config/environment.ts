/* eslint-disable no-restricted-properties -- the one file that reads process.env */

/** The environment of this process. Everything else gets its settings as one validated object. */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
