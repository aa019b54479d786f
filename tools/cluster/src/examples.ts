import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CHART, render, SHAPES, withoutSecrets } from './chart';

const HEAD = '# Rendered by: npm run chart -- examples. Not to be applied: secrets are left out.\n';

function exampleFile(shape: string): string {
  return path.join(CHART, 'examples', `${shape}.yaml`);
}

/** The kept rendering of a shape. */
export function readExample(shape: string): string {
  return readFileSync(exampleFile(shape), 'utf8');
}

function currentExample(shape: string): string {
  return HEAD + withoutSecrets(render(shape));
}

/** Shapes whose kept rendering is not what Helm makes of the chart now. */
export function staleExamples(): string[] {
  return SHAPES.filter(
    (shape) => !existsSync(exampleFile(shape)) || readExample(shape) !== currentExample(shape),
  );
}

export function writeExamples(): void {
  for (const shape of SHAPES) writeFileSync(exampleFile(shape), currentExample(shape));
}
