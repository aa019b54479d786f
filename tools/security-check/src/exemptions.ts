import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Finding } from './finding';

const exemption = z.strictObject({
  rule: z.string(),
  /** The file, and if given what in it. */
  file: z.string(),
  subject: z.string().optional(),
  reason: z.string().min(10),
});
export type Exemption = z.infer<typeof exemption>;

/** Throws an `Error` with one line that names what is wrong. */
export function readExemptions(file: string): Exemption[] {
  const result = z.array(exemption).safeParse(parse(readFileSync(file, 'utf8')) ?? []);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${file}: ${issue!.path.join('.')}: ${issue!.message}`);
}

export function isExempt({ rule, place }: Finding, exemptions: readonly Exemption[]): Exemption | undefined {
  return exemptions.find(
    (exemption) =>
      exemption.rule === rule &&
      exemption.file === place.file &&
      (exemption.subject === undefined || exemption.subject === place.subject),
  );
}
