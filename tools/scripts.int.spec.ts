import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const SCRIPT = path.join(__dirname, 'scripts/build-images.sh');
/** A folder with a `docker` that says how it was called, and one in which there is no engine. */
let engines: string;

beforeAll(() => {
  engines = mkdtempSync(path.join(tmpdir(), 'tidewatch-scripts-'));
  const docker = path.join(engines, 'docker');
  writeFileSync(docker, '#!/bin/sh\necho "docker $*"\n');
  chmodSync(docker, 0o755);
});
afterAll(() => rmSync(engines, { recursive: true, force: true }));

function run(args: string[], env: Record<string, string> = {}): { status: number | null; lines: string[] } {
  const { status, stdout, stderr } = spawnSync('bash', [SCRIPT, ...args], {
    encoding: 'utf8',
    env: { PATH: `${engines}:/usr/bin:/bin`, ...env },
  });
  return { status, lines: (stdout + stderr).trim().split('\n') };
}

describe('build-images.sh', () => {
  test('builds every app with the version of the package, each by its own argument', () => {
    const { status, lines } = run([]);
    expect(status).toBe(0);
    const calls = lines.filter((line) => line.startsWith('docker buildx build'));
    expect(calls.map((line) => /APP=(\S+)/.exec(line)?.[1])).toEqual([
      ...['gateway', 'ingestion', 'processing', 'storage', 'dashboard', 'simulator'],
    ]);
    expect(calls[0]).toMatch(
      /--file deploy\/docker\/Dockerfile --build-arg VERSION=\d+\.\d+\.\d+ --build-arg REVISION=\w+ --build-arg CREATED=\S+Z --load --build-arg APP=gateway --tag tidewatch-gateway:\d+\.\d+\.\d+ \.$/,
    );
  });

  test('pushes one app with what tells where it comes from', () => {
    const { lines } = run(['--push', '--repository', 'example.org/tidewatch', '--tag', 'v9', 'storage']);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(
      /--push --provenance=mode=max --sbom=true .*--tag example\.org\/tidewatch-storage:v9 \.$/,
    );
  });

  test('--dry-run only prints', () => {
    const { status, lines } = run(['--dry-run', 'gateway'], { ENGINE: 'docker' });
    expect(status).toBe(0);
    expect(lines[1]).toMatch(/^docker buildx build /);
  });

  test.each([
    [['nothing'], {}, 2, 'build-images: "nothing" is none of: gateway'],
    [['--tga', 'x'], {}, 2, 'build-images: unknown option --tga; see --help'],
    [['--tag'], {}, 2, 'build-images: --tag takes a value'],
    [[], { ENGINE: 'no-such-engine' }, 1, 'build-images: neither docker nor podman is installed'],
    [['--help'], {}, 0, "Builds the images of Tidewatch's services"],
  ])('%j says what is wrong and builds nothing', (args, env, status, line) => {
    const result = run(args, env);
    expect(result.status).toBe(status);
    expect(result.lines[0]).toContain(line);
    expect(result.lines.filter((text) => text.startsWith('docker '))).toEqual([]);
  });
});
