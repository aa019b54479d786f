import type { LogBatch, PartitionClaim } from '@tidewatch/messaging';
import {
  DEFAULT_DETECTION,
  type DetectionSettings,
  type PartitionStream,
} from '@tidewatch/stream-processing';
import { NO_REVISION, type SettingsStore, type Switch } from './settings-store';

export interface PartitionSettingsParts {
  readonly claim: PartitionClaim;
  readonly stream: Pick<PartitionStream, 'useDetection'>;
  readonly store: SettingsStore;
  readonly latest: () => bigint;
  /** Of the partition, seen after the claim. */
  readonly endOffset: bigint;
}

/**
 * Which settings one partition goes by, so that a replay repeats its outputs: a revision takes effect at an offset, which is recorded under the
 * claim's epoch before any record at or after it is processed. Whoever takes over switches at the recorded offsets, and takes further revisions
 * only behind the end that the log had then: up to there an earlier owner may have put outputs on the log by the settings that it knew.
 */
export class PartitionSettings {
  /** Recorded switches that are still ahead. */
  private ahead: Switch[] = [];
  private revision = NO_REVISION;
  private detection: DetectionSettings = DEFAULT_DETECTION;

  private constructor(private readonly parts: PartitionSettingsParts) {}

  /** With the settings in use that were in force before the claim's offset. */
  static async open(parts: PartitionSettingsParts): Promise<PartitionSettings> {
    const settings = new PartitionSettings(parts);
    const { claim, store } = parts;
    const switches = await store.switches(claim);
    // One at the claim's offset comes with the next record: what happens before that is by the settings before.
    settings.ahead = switches.filter(({ fromOffset }) => fromOffset >= claim.nextOffset);
    const inForce = switches.findLast(({ fromOffset }) => fromOffset < claim.nextOffset);
    if (inForce) await settings.use(inForce.revision);
    return settings;
  }

  /** In force for the next record. */
  get inForce(): DetectionSettings {
    return this.detection;
  }

  /** Before the records from `offset` on: takes the latest revision, if it may. Throws `FencedError`. */
  async beforeRecord(offset: bigint): Promise<void> {
    const latest = this.parts.latest();
    if (latest === this.revision || this.ahead.length > 0 || offset < this.parts.endOffset) return;
    await this.parts.store.record(this.parts.claim, { fromOffset: offset, revision: latest });
    await this.use(latest);
  }

  /** The index in the batch of the first record that is to be processed by other settings; that of its end where there is none. */
  nextSwitch({ records }: LogBatch): number {
    const next = this.ahead[0];
    if (next === undefined) return records.length;
    const index = records.findIndex(({ offset }) => offset >= next.fromOffset);
    return index < 0 ? records.length : index;
  }

  /** At `nextSwitch`. */
  async switch(): Promise<void> {
    const next = this.ahead.shift();
    if (next) await this.use(next.revision);
  }

  private async use(revision: bigint): Promise<void> {
    this.detection = await this.parts.store.load(revision);
    this.parts.stream.useDetection(this.detection);
    this.revision = revision;
  }
}
