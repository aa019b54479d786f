import type { Statistic, Verdict } from '../../detector';
import { inWords } from '../../wording';

/** The distances in the order of TAIL, then what has no tail model. */
export const AGREEMENT_STATISTICS: readonly Statistic[] = [
  { name: 'distance from the mean of the last 8 readings', unit: 'surprise' },
  { name: 'mean of the last 8 readings against the long mean', unit: 'surprise' },
  { name: 'distance from the usual value at this time of day', unit: 'surprise' },
  { name: 'distance from the usual level', unit: 'limit' },
  { name: 'beyond everything seen', unit: 'share' },
  { name: 'time without a change', unit: 'limit' },
];

/** "31 times as far from the usual level as usual", or of the mean of the last readings: "the level has moved 31 times as far as usual". */
export function agreementReason({ cause, deviation }: Readonly<Verdict>): string {
  if (cause === 'level') return `the level has moved ${inWords(deviation)} times as far as usual`;
  if (cause === 'stuck') return `no change any more, for ${inWords(deviation)} times as long as ever before`;
  if (deviation === Infinity) return 'a first change after a constant stretch';
  return `${inWords(deviation)} times as far from the usual level as usual`;
}
