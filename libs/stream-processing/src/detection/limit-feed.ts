import { LIMIT_JUDGES, LIMIT_NAMES, LimitWatch, SnapshotError } from '@tidewatch/anomaly-detection';
import type { DetectionLimits } from '@tidewatch/contracts';
import type { ByteReader, ByteWriter } from '../state/bytes';
import type { EpisodeStore } from './episode-store';

const NOTHING = new Uint8Array(0);

/** The static limits of the series of a partition (by row), where they have some. */
export class LimitFeed {
  private readonly watches: (LimitWatch | undefined)[] = [];

  constructor(
    private readonly episodes: EpisodeStore,
    private readonly silenceUs: number,
  ) {}

  /**
   * What holds from the next reading on. What goes on stays where the numbers of its limit do; an open episode of a limit that is no more ends
   * as if the series were calm. Returns whether something was forgotten.
   */
  set(row: number, limits: DetectionLimits | undefined): boolean {
    if (limits === undefined && this.watches[row] === undefined && !this.episodes.hasOpen(row)) return false;
    const known = this.watches[row]?.snapshot() ?? NOTHING;
    const open = LIMIT_NAMES.filter((name) => this.episodes.isOpen(row, LIMIT_JUDGES[name].name));
    const watch = new LimitWatch(limits ?? {}, { silenceUs: this.silenceUs, open });
    watch.restore(known);
    this.watches[row] = watch.limits.length > 0 ? watch : undefined;
    return Buffer.compare(known, watch.snapshot()) !== 0;
  }

  /** The next reading of a series, after its detector has seen it. */
  take(row: number, timeUs: number, value: number): void {
    const watch = this.watches[row];
    if (watch === undefined) return;
    for (const limit of watch.limits) {
      const judged = limit.observe(timeUs, value);
      if (judged.verdict.ratio >= 1 || this.episodes.hasOpen(row)) this.episodes.take(row, judged);
    }
  }

  /** The series was silent for so long that its episodes have ended. */
  beginAnew(row: number): void {
    this.watches[row]?.beginAnew();
  }

  release(row: number): void {
    this.watches[row] = undefined;
  }

  write(row: number, writer: ByteWriter): void {
    writer.bytes(this.watches[row]?.snapshot() ?? NOTHING);
  }

  /** Goes on as the row `from` of others. */
  learn(row: number, learned: LimitFeed, from: number): void {
    this.watches[row]?.restore(learned.watches[from]?.snapshot() ?? NOTHING);
  }

  /** Into a row whose limits were set. Returns false when they begin anew, because the state is of another version. */
  read(row: number, reader: ByteReader): boolean {
    const state = reader.bytes();
    try {
      this.watches[row]?.restore(state);
      return true;
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      return false;
    }
  }
}
