/**
 * The house rules for imports, on two axes: what kind of project it is (`type:`) and which room it belongs to (`scope:`).
 * A test asserts that each project has one tag of each axis and that each tag has a rule.
 */
const KINDS_BELOW_FEATURE = ['type:domain', 'type:contracts', 'type:util'];

const byType = [
  {
    sourceTag: 'type:app',
    onlyDependOnLibsWithTags: ['type:feature', 'type:data-access', ...KINDS_BELOW_FEATURE],
  },
  { sourceTag: 'type:feature', onlyDependOnLibsWithTags: KINDS_BELOW_FEATURE },
  {
    sourceTag: 'type:data-access',
    onlyDependOnLibsWithTags: KINDS_BELOW_FEATURE,
    bannedExternalImports: ['@nestjs/microservices', 'kafkajs'],
  },
  {
    sourceTag: 'type:domain',
    onlyDependOnLibsWithTags: KINDS_BELOW_FEATURE,
    bannedExternalImports: ['@nestjs/*', 'kafkajs', 'pg', 'pg-*', 'typeorm', 'fastify', 'socket.io'],
  },
  {
    sourceTag: 'type:contracts',
    onlyDependOnLibsWithTags: ['type:contracts'],
    allowedExternalImports: ['zod'],
  },
  {
    sourceTag: 'type:util',
    onlyDependOnLibsWithTags: ['type:contracts', 'type:util'],
    bannedExternalImports: ['@nestjs/*', 'kafkajs', 'pg', 'pg-*', 'typeorm', 'fastify', 'socket.io'],
  },
  {
    sourceTag: 'type:web',
    onlyDependOnLibsWithTags: ['type:contracts'],
    bannedExternalImports: ['@nestjs/*', 'pg', 'kafkajs'],
  },
  ...['testing', 'e2e', 'tool'].map((kind) => ({
    sourceTag: `type:${kind}`,
    onlyDependOnLibsWithTags: ['type:feature', 'type:data-access', 'type:testing', ...KINDS_BELOW_FEATURE],
  })),
];

const LIBRARIES = [
  'readings',
  'anomaly-detection',
  'stream-processing',
  'messaging',
  'time-series',
  'auth',
  'service-kit',
];
const tags = (...scopes) => ['shared', ...scopes].map((scope) => `scope:${scope}`);
const room = (scope, ...others) => ({
  sourceTag: `scope:${scope}`,
  onlyDependOnLibsWithTags: tags(scope, 'testing', ...others),
});

const byScope = [
  room('shared'),
  room('readings'),
  room('anomaly-detection'),
  room('stream-processing', 'readings', 'anomaly-detection'),
  room('messaging'),
  room('time-series', 'readings'),
  room('auth'),
  room('service-kit'),
  room('testing', ...LIBRARIES),
  room('ingestion', 'readings', 'messaging', 'auth', 'service-kit'),
  room('processing', 'readings', 'anomaly-detection', 'stream-processing', 'messaging', 'service-kit'),
  room('storage', ...LIBRARIES),
  room('dashboard', 'readings', 'stream-processing', 'messaging', 'auth', 'service-kit'),
  room('gateway', 'messaging', 'auth', 'service-kit'),
  ...['pipeline', 'standalone', 'simulator', 'benchmark', 'kafka', 'chaos', 'cluster', 'security-check'].map(
    (scope) => room(scope, ...LIBRARIES),
  ),
];

exports.boundaries = [...byType, ...byScope];

/** What specs are written with. */
const TEST_PACKAGES = ['@jest/globals', 'fast-check'];

/** Specs may also use `testing` and test packages; nothing else differs. */
exports.boundariesForTests = exports.boundaries.map((rule) =>
  rule.sourceTag.startsWith('type:')
    ? {
        ...rule,
        onlyDependOnLibsWithTags: [...rule.onlyDependOnLibsWithTags, 'type:testing'],
        ...(rule.allowedExternalImports && {
          allowedExternalImports: [...rule.allowedExternalImports, ...TEST_PACKAGES],
        }),
      }
    : rule,
);
