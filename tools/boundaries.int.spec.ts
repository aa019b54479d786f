import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boundaries } from './boundaries.cjs';

interface Rule {
  sourceTag: string;
  onlyDependOnLibsWithTags: string[];
  bannedExternalImports?: string[];
  allowedExternalImports?: string[];
}

const ROOTS = ['apps', 'libs', 'tools'];
const rules = boundaries as Rule[];
/** A folder of shell scripts is no project; one with TypeScript in it has to be one. */
const holdsTypeScript = (folder: string): boolean =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((name) => /\.tsx?$/.test(name));
const projects = ROOTS.flatMap((root) =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(root, entry.name)),
)
  .filter(holdsTypeScript)
  .map((folder) => ({
    folder,
    tags: (JSON.parse(readFileSync(join(folder, 'project.json'), 'utf8')) as { tags: string[] }).tags,
  }));

const BOUNDARY = '@nx/enforce-module-boundaries';
const CLOCK = 'no-restricted-syntax';
const IO = 'no-restricted-imports';
const APP = "import '../../../apps/storage/src/main';";
// prettier-ignore
const PLANTED = [
  ['an app imports an app', 'apps/ingestion/src/main.ts', "import '../../storage/src/main';", BOUNDARY],
  ['an app imports test code', 'apps/storage/src/main.ts', "import '@tidewatch/testing';", BOUNDARY],
  ['an app imports a library of another room', 'apps/ingestion/src/main.ts', "import '@tidewatch/anomaly-detection';", BOUNDARY],
  ['a feature imports data access', 'libs/messaging/src/index.ts', "import '@tidewatch/time-series';", BOUNDARY],
  ['a feature imports a feature', 'libs/auth/src/index.ts', "import '@tidewatch/messaging';", BOUNDARY],
  ['data access imports kafkajs', 'libs/time-series/src/index.ts', "import 'kafkajs';", BOUNDARY],
  ['data access imports Nest’s transports', 'libs/time-series/src/index.ts', "import '@nestjs/microservices';", BOUNDARY],
  ['data access imports a feature', 'libs/time-series/src/index.ts', "import '@tidewatch/messaging';", BOUNDARY],
  ['a domain library imports Nest', 'libs/readings/src/index.ts', "import '@nestjs/common';", BOUNDARY],
  ['a domain library imports pg', 'libs/stream-processing/src/index.ts', "import 'pg';", BOUNDARY],
  ['a domain library imports TypeORM', 'libs/anomaly-detection/src/index.ts', "import 'typeorm';", BOUNDARY],
  ['a domain library imports a feature', 'libs/readings/src/index.ts', "import '@tidewatch/messaging';", BOUNDARY],
  ['a domain library reads a file', 'libs/anomaly-detection/src/index.ts', "import 'node:fs';", IO],
  ['a domain library opens a socket', 'libs/readings/src/index.ts', "import 'net';", IO],
  ['a domain library reads the clock', 'libs/stream-processing/src/index.ts', 'export const a = new Date();', CLOCK],
  ['contracts import more than zod', 'libs/contracts/src/index.ts', "import 'rxjs';", BOUNDARY],
  ['contracts import a library', 'libs/contracts/src/index.ts', "import '@tidewatch/readings';", BOUNDARY],
  ['a utility imports a feature', 'libs/tracing/src/index.ts', "import '@tidewatch/service-kit';", BOUNDARY],
  ['a utility imports Nest', 'libs/tracing/src/index.ts', "import '@nestjs/common';", BOUNDARY],
  ['the page imports more than contracts', 'apps/dashboard-web/src/main.tsx', "import '@tidewatch/readings';", BOUNDARY],
  ['the page imports pg', 'apps/dashboard-web/src/main.tsx', "import 'pg';", BOUNDARY],
  ['test code imports an app', 'libs/testing/src/index.ts', APP, BOUNDARY],
  ['an end-to-end test imports an app', 'apps/pipeline-e2e/src/supervisor.ts', APP, BOUNDARY],
  ['a tool imports an app', 'tools/chaos/src/main.ts', APP, BOUNDARY],
  ['a file is too long', 'libs/auth/src/index.ts', '//\n'.repeat(401), 'max-lines'],
  ['a function has too many parameters', 'libs/auth/src/index.ts', 'export function f(a: 1, b: 1, c: 1, d: 1, e: 1) { return [a, b, c, d, e]; }', '@typescript-eslint/max-params'],
  ['a function is too long', 'libs/auth/src/index.ts', `export function f() {\n${'//\n'.repeat(80)}}`, 'max-lines-per-function'],
  ['something is `any`', 'libs/auth/src/index.ts', 'export let a: any;', '@typescript-eslint/no-explicit-any'],
] as const;
/** Nothing is wrong with these: a rule that complains about everything proves nothing. */
const ALLOWED = [
  ['apps/ingestion/src/main.ts', "import '@tidewatch/messaging';"],
  ['libs/stream-processing/src/index.ts', "import '@tidewatch/readings';"],
  ['libs/time-series/src/index.ts', "import 'pg';"],
  ['apps/gateway/src/main.ts', "import '@tidewatch/tracing';"],
  ['apps/dashboard-web/src/main.tsx', "import '@tidewatch/contracts';"],
  ['tools/chaos/src/main.ts', "import '@tidewatch/testing';"],
] as const;

describe('boundaries', () => {
  test.each(projects)('$folder has one type and one scope, each with a rule', ({ tags }) => {
    for (const axis of ['type:', 'scope:']) {
      const own = tags.filter((tag) => tag.startsWith(axis));
      expect(own).toHaveLength(1);
      expect(rules.filter((rule) => rule.sourceTag === own[0])).toHaveLength(1);
    }
  });

  test('each rule is about a project that exists', () => {
    const used = new Set(projects.flatMap((project) => project.tags));
    expect(rules.map((rule) => rule.sourceTag).filter((tag) => !used.has(tag))).toEqual([]);
  });

  test('each kind of project has a planted violation', () => {
    const kindOf = (file: string) => projects.find(({ folder }) => file.startsWith(`${folder}/`))!.tags[0];
    const planted = new Set(
      PLANTED.filter(([, , , rule]) => rule === BOUNDARY).map(([, file]) => kindOf(file)),
    );
    const kinds = rules.map(({ sourceTag }) => sourceTag).filter((tag) => tag.startsWith('type:'));
    expect([...planted].sort()).toEqual(kinds.sort());
  });

  test('a planted violation fails the lint, and what is allowed passes', () => {
    const input = JSON.stringify([
      ...PLANTED.map(([, file, code]) => ({ file, code })),
      ...ALLOWED.map(([file, code]) => ({ file, code })),
    ]);
    const run = spawnSync(process.execPath, ['tools/lint-planted.mjs'], { input, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    const found = JSON.parse(run.stdout) as string[][];
    const broken = Object.fromEntries(PLANTED.map(([name, , , rule], i) => [name, found[i]?.includes(rule)]));
    expect(broken).toEqual(Object.fromEntries(PLANTED.map(([name]) => [name, true])));
    expect(found.slice(PLANTED.length)).toEqual(ALLOWED.map(() => []));
  });

  test('the table in CONTRIBUTING.md says what the rules say', () => {
    const rows = readFileSync('CONTRIBUTING.md', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2)
      .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('\\', '')));
    const told = rows.flatMap(([, kinds = '', mayImport = '', banned = '']) =>
      kinds
        .replace(/ \(.*\)/, '')
        .split(', ')
        .map((kind) => ({ kind, mayImport, banned })),
    );
    const typeRules = rules.filter(({ sourceTag }) => sourceTag.startsWith('type:'));
    expect(told.map(({ kind }) => `type:${kind}`)).toEqual(typeRules.map(({ sourceTag }) => sourceTag));
    for (const [i, { kind, mayImport, banned }] of told.entries()) {
      const rule = typeRules[i]!;
      const allowed = rule.onlyDependOnLibsWithTags.map((tag) => tag.replace('type:', ''));
      if (mayImport === 'any library, never an app') expect(allowed).not.toContain('app');
      else expect(allowed).toEqual(mayImport === '–' ? [kind] : mayImport.split(', '));
      if (banned === 'all but zod') expect(rule.allowedExternalImports).toEqual(['zod']);
      else if (banned !== '–') {
        const packages = banned.replace(', and no I/O at all', '').split(', ');
        expect(rule.bannedExternalImports).toEqual(expect.arrayContaining(packages));
      }
    }
  });
});
