import { render, SHAPES } from '../chart';
import { type Finding, judged } from './finding';
import { helmLint, helmUnittest, OF_RENDERING, trivy } from './linters';

const DOCKERFILE = 'deploy/docker/Dockerfile';

/** Every linter over every shape of the chart, and over the Dockerfile: what no exemption has. */
export function findings(): Finding[] {
  const ofShapes = SHAPES.flatMap((shape) => {
    const rendered = render(shape);
    const found = [...helmLint(shape), ...Object.values(OF_RENDERING).flatMap((lint) => lint(rendered))];
    return found.map((finding) => ({ ...finding, shape }));
  });
  return judged([...helmUnittest(), ...ofShapes, ...trivy({ file: DOCKERFILE })]);
}

export function say({ tool, rule, object, shape, message }: Finding): string {
  return `${tool} ${rule}: ${object}${shape === undefined ? '' : ` of ${shape}`}: ${message}`;
}
