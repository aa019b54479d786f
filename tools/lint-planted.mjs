/**
 * Lints pieces of text as if they stood in given files, and prints the ids of the rules each of them breaks.
 * Standard input: JSON array of `{ file, code }`. Standard output: JSON array of arrays of rule ids.
 */
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';

const planted = JSON.parse(await text(process.stdin));
const eslint = new ESLint();
const rules = [];
for (const { file, code } of planted) {
  const [result] = await eslint.lintText(code, { filePath: file });
  rules.push(result.messages.map((message) => message.ruleId ?? message.message));
}
console.log(JSON.stringify(rules));
