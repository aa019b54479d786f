import type { WindowAggregate } from '@tidewatch/contracts';
import {
  naiveWindows,
  type Progress,
  progressOf,
  type WindowContent,
  type WindowKind,
} from './naive-windows';
import { lastRevisions } from './revisions';
import { seriesName, type Truth } from './truth';

export interface WindowVerdicts {
  windowsExpected: number;
  windowsMissing: number;
  windowsWrong: number;
  windowsUnexpected: number;
  windowsInconsistent: number;
  windowsRevised: number;
}

type WindowPlace = Pick<WindowContent, 'sizeMs' | 'stepMs' | 'startMs'>;

/** What the platform was started with. */
export interface WindowOptions {
  readonly windows: readonly WindowKind[];
  readonly latenessMs: number;
}

/** Of the fields which the platform estimates; all others are exact. */
const RELATIVE_ERRORS: Partial<Record<keyof WindowContent, number>> = {
  stddev: 1e-6,
  p50: 0.01,
  p90: 0.01,
  p99: 0.01,
};

/** What windows are of: a series, or a group of them. */
export interface Subject {
  readonly name: string;
  /** Time in microseconds and value. */
  readonly readings: Iterable<readonly [number, number]>;
  readonly progress: Progress;
}

export interface Findings {
  expected: number;
  missing: number;
  wrong: number;
  unexpected: number;
}

/** `published` are the records of the topic, repeats included. */
export function compareWindows(
  truth: Truth,
  published: readonly WindowAggregate[],
  options: WindowOptions,
): WindowVerdicts {
  const { last, inconsistent, revised } = lastRevisions(published, mayBeRevised);
  const found = new Map(
    [...last.values()].map((window) => [placeOf(seriesName(window.series), window), window]),
  );
  const subjects = Array.from(truth, ([name, readings]) => ({
    ...{ name, readings },
    progress: progressOf([readings], options.latenessMs),
  }));
  const { expected, missing, wrong, unexpected } = compareContents(subjects, found, options.windows);
  return {
    windowsExpected: expected,
    windowsMissing: missing,
    windowsWrong: wrong,
    windowsUnexpected: unexpected,
    // Two ids for one window are as bad as two contents for one id.
    windowsInconsistent: inconsistent + last.size - found.size,
    windowsRevised: revised,
  };
}

/** `found` are windows by their places. */
export function compareContents(
  subjects: Iterable<Subject>,
  found: ReadonlyMap<string, WindowContent>,
  kinds: readonly WindowKind[],
): Findings {
  const findings = { expected: 0, missing: 0, wrong: 0, unexpected: 0 };
  const rest = new Map(found);
  for (const { name, readings, progress } of subjects) {
    for (const kind of kinds) {
      const { final, provisional } = naiveWindows(readings, kind, progress);
      for (const expected of final) {
        findings.expected += 1;
        const place = placeOf(name, expected);
        const actual = rest.get(place);
        rest.delete(place);
        if (actual === undefined) findings.missing += 1;
        else if (!sameContent(expected, actual)) findings.wrong += 1;
      }
      for (const expected of provisional) {
        const place = placeOf(name, expected);
        // Its last readings may come into a revision that is not due yet.
        if ((rest.get(place)?.count ?? Infinity) <= expected.count) rest.delete(place);
      }
    }
  }
  findings.unexpected = rest.size;
  return findings;
}

/** `name` is that of the series, or of the group. */
export function placeOf(name: string, window: WindowPlace): string {
  return `${name}/${window.sizeMs}/${window.stepMs}/${window.startMs}`;
}

function sameContent(expected: WindowContent, actual: WindowContent): boolean {
  return (Object.keys(expected) as (keyof WindowContent)[]).every((field) => {
    const tolerance = Math.abs(expected[field]) * (RELATIVE_ERRORS[field] ?? 0);
    return Math.abs(expected[field] - actual[field]) <= tolerance;
  });
}

interface Revised extends WindowPlace {
  readonly final: boolean;
  readonly count: number;
}

/** A revision is of the same window, has more readings, and comes after none that was final. */
export function mayBeRevised(before: Revised | undefined, revision: Revised): boolean {
  if (before === undefined) return true;
  const sameWindow = (['sizeMs', 'stepMs', 'startMs'] as const).every(
    (field) => before[field] === revision[field],
  );
  return sameWindow && !before.final && revision.count > before.count;
}
