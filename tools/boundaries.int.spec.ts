import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boundaries } from './boundaries.cjs';

interface Rule {
  sourceTag: string;
  onlyDependOnLibsWithTags: string[];
}

const ROOTS = ['apps', 'libs', 'tools'];
const rules = boundaries as Rule[];
const projects = ROOTS.flatMap((root) =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(root, entry.name)),
).map((folder) => ({
  folder,
  tags: (JSON.parse(readFileSync(join(folder, 'project.json'), 'utf8')) as { tags: string[] }).tags,
}));

const BOUNDARY = '@nx/enforce-module-boundaries';
const PLANTED = [
  ['a domain library imports Nest', 'libs/readings/src/index.ts', "import '@nestjs/common';", BOUNDARY],
  ['a domain library imports pg', 'libs/stream-processing/src/index.ts', "import 'pg';", BOUNDARY],
  [
    'a domain library reads a file',
    'libs/anomaly-detection/src/index.ts',
    "import 'node:fs';",
    'no-restricted-imports',
  ],
  [
    'a domain library imports a feature',
    'libs/readings/src/index.ts',
    "import '@tidewatch/messaging';",
    BOUNDARY,
  ],
  ['data access imports kafkajs', 'libs/time-series/src/index.ts', "import 'kafkajs';", BOUNDARY],
  ['contracts import more than zod', 'libs/contracts/src/index.ts', "import 'rxjs';", BOUNDARY],
  [
    'a feature imports data access',
    'libs/messaging/src/index.ts',
    "import '@tidewatch/time-series';",
    BOUNDARY,
  ],
  [
    'an app imports another room’s library',
    'apps/ingestion/src/main.ts',
    "import '@tidewatch/anomaly-detection';",
    BOUNDARY,
  ],
  ['an app imports an app', 'apps/ingestion/src/main.ts', "import '../../storage/src/main';", BOUNDARY],
  ['an app imports test code', 'apps/storage/src/main.ts', "import '@tidewatch/testing';", BOUNDARY],
  [
    'the page imports more than contracts',
    'apps/dashboard-web/src/main.tsx',
    "import '@tidewatch/readings';",
    BOUNDARY,
  ],
] as const;

describe('boundaries', () => {
  test.each(projects)('$folder has one type and one scope, each with a rule', ({ tags }) => {
    for (const axis of ['type:', 'scope:']) {
      const own = tags.filter((tag) => tag.startsWith(axis));
      expect(own).toHaveLength(1);
      expect(rules.filter((rule) => rule.sourceTag === own[0])).toHaveLength(1);
    }
  });

  test('each rule is about a project that exists, save for the reserved kind `util`', () => {
    const used = new Set(projects.flatMap((project) => project.tags));
    expect(rules.map((rule) => rule.sourceTag).filter((tag) => !used.has(tag))).toEqual([]);
  });

  test('a planted violation of each rule fails the lint', () => {
    const input = JSON.stringify(PLANTED.map(([, file, code]) => ({ file, code })));
    const run = spawnSync(process.execPath, ['tools/lint-planted.mjs'], { input, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    const found = JSON.parse(run.stdout) as string[][];
    const broken = Object.fromEntries(PLANTED.map(([name, , , rule], i) => [name, found[i]?.includes(rule)]));
    expect(broken).toEqual(Object.fromEntries(PLANTED.map(([name]) => [name, true])));
  });
});
