import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from '../chart';

/** Something that a linter has against the chart. */
export interface Finding {
  readonly tool: string;
  readonly rule: string;
  /** `Kind/name`, a file, or a shape. */
  readonly object: string;
  readonly message: string;
  /** The shape of the chart in which it was found, if it is not in all. */
  readonly shape?: string;
}

const exemption = z.strictObject({
  tool: z.string(),
  rule: z.string(),
  /** Regular expression for the whole of the object; any object without it. */
  object: z.string().optional(),
  /** The same for the shape. */
  shape: z.string().optional(),
  reason: z.string().min(20),
});
type Exemption = z.infer<typeof exemption>;

const FILE = 'tools/cluster/exemptions.yaml';

/** Findings that no exemption has, and exemptions that no finding needs: they are findings as well. */
export function judged(found: readonly Finding[], exemptions = readExemptions()): Finding[] {
  const needed = new Set<Exemption>();
  const kept = found.filter((finding) => {
    const match = exemptions.find((each) => covers(each, finding));
    if (match) needed.add(match);
    return match === undefined;
  });
  const stale = exemptions
    .filter((each) => !needed.has(each))
    .map(({ tool, rule, object = 'any object' }) => ({
      ...{ tool, rule, object },
      message: `the exemption in ${FILE} is not needed any more`,
    }));
  return [...kept, ...stale];
}

function covers({ tool, rule, object, shape }: Exemption, finding: Finding): boolean {
  return (
    tool === finding.tool &&
    rule === finding.rule &&
    matches(object, finding.object) &&
    matches(shape, finding.shape ?? '')
  );
}

function matches(pattern: string | undefined, text: string): boolean {
  return pattern === undefined || new RegExp(`^(${pattern})$`).test(text);
}

function readExemptions(): Exemption[] {
  const text = readFileSync(path.join(ROOT, FILE), 'utf8');
  return z.array(exemption).parse(parse(text));
}
