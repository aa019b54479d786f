import path from 'node:path';

/** The compiled supervisor: `npm test` builds before it comes to these tests. */
export const STANDALONE = path.resolve(__dirname, '../../../dist/tools/standalone/src/main.js');
