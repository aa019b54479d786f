import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import importX from 'eslint-plugin-import-x';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import { boundaries, boundariesForTests } from './tools/boundaries.cjs';

const boundaryOptions = (depConstraints) => ({
  allow: [],
  depConstraints,
  enforceBuildableLibDependency: false,
  // The specs of a library use `testing`, which uses the library: a circle of projects, never of files (no-cycle).
  ignoredCircularDependencies: [['tag:type:testing', '*']],
});

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', '.nx', '.tidewatch', 'tmp', '.cache'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strictTypeChecked],
    plugins: { '@nx': nx, 'import-x': importX },
    languageOptions: {
      parserOptions: {
        project: [
          './tsconfig.json',
          './apps/dashboard-web/tsconfig.json',
          './apps/dashboard-e2e/tsconfig.json',
        ],
      },
    },
    rules: {
      '@nx/enforce-module-boundaries': ['error', boundaryOptions(boundaries)],
      'import-x/no-cycle': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: false }],
      'max-lines-per-function': ['error', { max: 80 }],
      'max-params': 'off',
      '@typescript-eslint/max-params': ['error', { max: 4 }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Typed arrays and counted loops are the hot path: `column[i]!` says that the index is in range.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Configuration is one validated object: see service-kit.',
        },
      ],
    },
  },
  {
    // Domain libraries are pure: no files, no sockets, no processes, no clock.
    files: ['libs/{readings,anomaly-detection,stream-processing}/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex:
                '^(node:)?(fs|net|http|https|http2|tls|dgram|dns|child_process|cluster|worker_threads|os|timers|perf_hooks)(/|$)',
              message: 'Domain libraries do no I/O.',
            },
          ],
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Domain libraries read no configuration.' },
        { object: 'Date', property: 'now', message: 'Event time only: a result is a function of the log.' },
        { object: 'Math', property: 'random', message: 'A result is a function of the log.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Event time only: a result is a function of the log.',
        },
      ],
      'no-restricted-globals': ['error', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'fetch'],
    },
  },
  {
    files: [
      '**/*.spec.ts',
      'libs/messaging/src/contract/**/*.ts',
      'libs/testing/**/*.ts',
      // Helpers of a project's own tests.
      '{apps,libs}/*/src/testing/**/*.ts',
      'apps/*-e2e/**/*.ts',
      'tools/**/*.ts',
    ],
    rules: {
      '@nx/enforce-module-boundaries': ['error', boundaryOptions(boundariesForTests)],
      'max-lines-per-function': 'off',
      'no-restricted-properties': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['apps/dashboard-web/**/*.{ts,tsx}'],
    extends: [
      reactHooks.configs.flat['recommended-latest'] ?? reactHooks.configs['recommended-latest'],
      jsxA11y.flatConfigs.recommended,
    ],
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        module: 'readonly',
        exports: 'writable',
        require: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
  },
  {
    // What `helm test` runs, as it is, with Node.js.
    files: ['deploy/helm/**/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: Object.fromEntries(
        ['process', 'console', 'URL', 'fetch', 'AbortSignal', 'setTimeout'].map((name) => [name, 'readonly']),
      ),
    },
  },
  prettier,
);
