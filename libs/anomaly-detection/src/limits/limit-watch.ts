import type { DetectionLimits } from '@tidewatch/contracts';
import { type Judge, newVerdict } from '../detector';
import type { Judged } from '../episodes/episode';
import { scoreOf } from '../episodes/severity';
import { type Gauge, gaugesOf, NO_LIMIT } from './gauges';
import { LIMIT_JUDGES, LIMIT_NAMES, type LimitName } from './judges';
import { Run } from './run';
import { readSnapshot, writeSnapshot } from './snapshot';

/** Serves all limits in turn. */
const verdict = newVerdict();
const judged = { timeUs: 0.5, value: 0.5, verdict, judge: LIMIT_JUDGES.max, stretch: new Run() };

/** One static limit of one series, as a state machine. */
class WatchedLimit {
  readonly run = new Run();
  private readonly judge: Judge;

  constructor(
    readonly name: LimitName,
    readonly gauge: Gauge,
    private readonly silenceUs: number,
  ) {
    this.judge = LIMIT_JUDGES[name];
  }

  /**
   * Takes the next reading of the series; `timeUs` rises from call to call. What is beyond the limit has a ratio of 1 or more, and raises an alarm
   * once it has been so for as long as the limit says. The answer is one object for all limits. Allocates nothing.
   */
  observe(timeUs: number, value: number): Judged {
    const { run, gauge } = this;
    run.endIfSilent(timeUs, this.silenceUs);
    verdict.score = verdict.ratio = 0;
    if (gauge.measure(timeUs, value, run, verdict)) run.extend(timeUs, value, verdict);
    else run.end();
    run.keep(timeUs, value);
    if (verdict.ratio < 1) verdict.ratio = 0;
    else if (timeUs - run.beganUs >= gauge.forUs) verdict.score = scoreOf(verdict.ratio);
    // Nothing is usual here.
    verdict.deviation = Infinity;
    judged.timeUs = timeUs;
    judged.value = value;
    judged.judge = this.judge;
    judged.stretch = run;
    return judged;
  }
}

/**
 * The static limits of one series. They see the (time, value) pairs that its detector sees, in their order. A run of readings beyond a limit ends
 * in a silence of `silenceUs` that is longer than usual for the series, as an episode does.
 */
export class LimitWatch {
  readonly limits: readonly WatchedLimit[];

  /** Of those in `open` an episode goes on, which ends as any other where its limit is no more. */
  constructor(
    limits: DetectionLimits,
    { silenceUs, open }: { silenceUs: number; open: readonly LimitName[] },
  ) {
    const gauges = new Map(gaugesOf(limits));
    this.limits = LIMIT_NAMES.flatMap((name) => {
      const gauge = gauges.get(name) ?? (open.includes(name) ? NO_LIMIT : undefined);
      return gauge === undefined ? [] : [new WatchedLimit(name, gauge, silenceUs)];
    });
  }

  /** What goes on is over: the next reading begins a run of its own. */
  beginAnew(): void {
    for (const { run } of this.limits) run.end();
  }

  /** State as bytes, versioned; none where there is no limit. */
  snapshot(): Uint8Array {
    const limits = this.limits.filter(({ gauge }) => gauge !== NO_LIMIT);
    return writeSnapshot(
      limits.map(({ name, gauge, run }) => ({ name, gauge: gauge.numbers, run: run.numbers() })),
    );
  }

  /** Goes on bit for bit with each limit that has the same numbers; others begin anew. Throws `SnapshotError`. */
  restore(bytes: Uint8Array): void {
    const stored = readSnapshot(bytes);
    for (const { name, gauge, run } of this.limits) {
      const same = stored.find(
        (one) => one.name === name && one.gauge.every((number, i) => Object.is(number, gauge.numbers[i])),
      );
      if (same !== undefined) run.take(same.run);
    }
  }
}
