/**
 * Puts together what the image of one service holds beside node_modules: `node tools/assemble-image.mjs <app> <folder>`, after a build.
 * Only compiled files which the service can load are in it, and an entry `main.js` that is called the same for every service.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';

const dist = resolve(import.meta.dirname, '../dist');

/** Entries of an image by file name. Storage's image is also that of the migration. */
const ENTRIES = {
  gateway: { 'main.js': 'apps/gateway/src/main.js' },
  ingestion: { 'main.js': 'apps/ingestion/src/main.js' },
  processing: { 'main.js': 'apps/processing/src/main.js' },
  storage: { 'main.js': 'apps/storage/src/main.js', 'migrate.js': 'apps/storage/src/migrate.js' },
  dashboard: { 'main.js': 'apps/dashboard/src/main.js' },
  simulator: { 'main.js': 'tools/simulator/src/main.js' },
};
/** What is served and not loaded. */
const ASSETS = { dashboard: ['apps/dashboard-web'] };
const RELATIVE_REQUEST = /\brequire\("(\.[^"]+)"\)/g;

/** Throws an error whose message is for people. The folder must be empty or not there. */
function assemble(app, folder) {
  const entries = ENTRIES[app];
  if (!entries) throw new Error(`"${app}" is none of ${Object.keys(ENTRIES).join(', ')}`);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`);
  const files = [...reachable(Object.values(entries)), ...(ASSETS[app] ?? [])];
  mkdirSync(folder, { recursive: true });
  for (const file of files) cpSync(join(dist, file), join(folder, 'dist', file), { recursive: true });
  for (const [name, entry] of Object.entries(entries))
    writeFileSync(join(folder, name), `require('./dist/${entry}');\n`);
}

/** All files that the entries load, directly or not, with their source maps. */
function reachable(entries) {
  const files = new Set(entries);
  for (const file of files) {
    for (const required of requiredBy(file)) files.add(required);
  }
  const maps = [...files].map((file) => `${file}.map`);
  return [...files, ...maps.filter((file) => existsSync(join(dist, file)))];
}

function requiredBy(file) {
  const path = join(dist, file);
  if (!existsSync(path)) throw new Error(`dist/${file} is missing: run npm run build first`);
  const { resolve: find } = createRequire(path);
  return [...readFileSync(path, 'utf8').matchAll(RELATIVE_REQUEST)].map(([, request]) =>
    relative(dist, find(request)),
  );
}

try {
  const [app = '', folder = '', ...rest] = process.argv.slice(2);
  if (folder === '' || rest.length > 0)
    throw new Error('usage: node tools/assemble-image.mjs <app> <folder>');
  assemble(app, resolve(folder));
} catch (error) {
  console.error(`assemble: ${error.message}`);
  process.exitCode = 1;
}
