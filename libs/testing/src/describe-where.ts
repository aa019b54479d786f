/**
 * `describe` where something can be had (`missing` is null); elsewhere a skipped one that says why.
 * With `REQUIRE_<NEED>=1` absence is a failure: a pipeline must not turn green by leaving these tests out.
 */
export function describeWhere(
  need: string,
  missing: string | null,
): (name: string, body: () => void) => void {
  // Through the global: `@jest/globals` throws when it is loaded outside a test, and tools load this library as well.
  const jest = globalThis as unknown as JestGlobals;
  if (missing === null) return (name, body) => jest.describe(name, body);
  const required = `REQUIRE_${need.toUpperCase()}`;
  if (process.env[required] === '1') {
    return (name) =>
      jest.describe(name, () =>
        jest.test(`${need} is required`, () => {
          throw new Error(`${required}=1, but there is no ${need}: ${missing}`);
        }),
      );
  }
  return (name, body) => {
    process.stderr.write(`skipped: ${name}: ${missing}\n`);
    jest.describe.skip(name, body);
  };
}

interface JestGlobals {
  readonly describe: { (name: string, body: () => void): void; readonly skip: JestGlobals['describe'] };
  readonly test: (name: string, body: () => void) => void;
}
