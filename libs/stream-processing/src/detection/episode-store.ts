import {
  endBySilence,
  endIfSilent,
  endsBySilence,
  type Episode,
  type EpisodeEvent,
  followEpisode,
  type Judged,
  openEpisode,
  restoreEpisode,
  snapshotEpisode,
} from '@tidewatch/anomaly-detection';
import { grownFloats } from '../columns';
import type { EpisodeReport, HashedSeries, RelatedSeries } from '../outputs';
import type { ByteReader, ByteWriter } from '../state/bytes';
import { TOGETHER_US } from './device-incidents';
import { DeviceNeighbours } from './device-neighbours';

/** A reading that comes so near to its limit has moved, though nothing is flagged. */
const MOVED_FROM = 0.8;
const MOST_RELATED = 20;
/** They are looked for among so many of the device: those that began to move last. */
const MOST_LOOKED_AT = 256;

const HAS_MOVED = 1;
const HAS_INCIDENT = 2;

export interface EpisodeSettings {
  /** Event time without a reading out of range that ends an episode. */
  readonly calmUs: number;
  /** Silence that ends an episode, in event time or the log's. */
  readonly silenceUs: number;
}

/** Where events go; the episode is reused. */
type Tell = (series: HashedSeries, report: EpisodeReport) => void;

/**
 * Open episodes of all series of a partition (by row), one for each series and judge, and what relates those of one device: the incident
 * and who has moved at the same time. All that is known of a series is kept with it, so that it is the same after a restart.
 */
export class EpisodeStore {
  private readonly open: (Episode[] | undefined)[] = [];
  private readonly neighbours: DeviceNeighbours;

  // Columns by row, in µs of event time; -Infinity where there was none.
  private lastUs = new Float64Array(0);
  /** The last stretch of time in which the series has moved, and the largest deviation in it. */
  private movedFrom = new Float64Array(0);
  private movedUntil = new Float64Array(0);
  private movedRatio = new Float64Array(0);
  /** The incident that the series was part of last, and when its own last episode in it ended. */
  private incidentFrom = new Float64Array(0);
  private incidentUntil = new Float64Array(0);

  /** `series` are those of the table, by row. */
  constructor(
    private readonly settings: EpisodeSettings,
    private readonly series: readonly (HashedSeries | undefined)[],
    private readonly tell: Tell,
  ) {
    this.neighbours = new DeviceNeighbours(series, {
      movedFrom: (row) => this.movedFrom[row]!,
      incidentEnd: (row) => this.incidentEnd(row),
    });
  }

  /** Of all series. */
  openCount = 0;

  grow(rows: number): void {
    this.lastUs = grownFloats(this.lastUs, rows, -Infinity);
    this.movedFrom = grownFloats(this.movedFrom, rows, -Infinity);
    this.movedUntil = grownFloats(this.movedUntil, rows, -Infinity);
    this.movedRatio = grownFloats(this.movedRatio, rows, 0);
    this.incidentFrom = grownFloats(this.incidentFrom, rows, -Infinity);
    this.incidentUntil = grownFloats(this.incidentUntil, rows, -Infinity);
  }

  /** A new series. */
  begin(row: number): void {
    this.neighbours.add(row);
    this.lastUs[row] = this.movedFrom[row] = this.movedUntil[row] = -Infinity;
    this.incidentFrom[row] = this.incidentUntil[row] = -Infinity;
    this.movedRatio[row] = 0;
  }

  /** Before the series leaves the table. */
  release(row: number): void {
    this.neighbours.remove(row);
    this.openCount -= this.open[row]?.length ?? 0;
    this.open[row] = undefined;
  }

  /** Whether an episode of the series ends when it has been silent for so long. */
  endsBySilence(row: number, quietUs: number): boolean {
    const { silenceUs } = this.settings;
    return this.open[row]?.some((episode) => endsBySilence(episode, quietUs, silenceUs)) ?? false;
  }

  hasOpen(row: number): boolean {
    return this.open[row] !== undefined;
  }

  /** Of this judge. */
  isOpen(row: number, source: string): boolean {
    return this.open[row]?.some((episode) => episode.source === source) ?? false;
  }

  /** Takes the next reading of a series as one judge has seen it. Of several judges all take it before the next reading, that of the detector first. */
  take(row: number, reading: Judged): void {
    const { timeUs, verdict } = reading;
    const last = this.lastUs[row]!;
    this.lastUs[row] = timeUs;
    if (verdict.ratio >= MOVED_FROM) this.noteMove(row, timeUs, verdict.ratio);
    const episode = this.open[row]?.find(({ source }) => source === reading.judge.name);
    if (episode !== undefined && !this.endedBySilence(row, episode, timeUs - episode.lastUs)) {
      const event = followEpisode(episode, reading, this.settings.calmUs);
      this.neighbours.of(row).incidents.extend(row);
      if (event !== undefined) this.report(row, episode, event);
      return;
    }
    if (verdict.score >= 0.5) this.openNew(row, reading, timeUs - last);
  }

  /** Ends episodes of a series that has been silent for `quietUs`: all of them where it is Infinity. Returns whether any ended. */
  closeSilent(row: number, quietUs: number): boolean {
    const ended = this.open[row]?.filter((episode) => this.endedBySilence(row, episode, quietUs)) ?? [];
    return ended.length > 0;
  }

  write(row: number, writer: ByteWriter): void {
    const hasMoved = this.movedUntil[row] !== -Infinity;
    const hasIncident = this.incidentFrom[row] !== -Infinity;
    writer.float64(this.lastUs[row]!);
    writer.byte((hasMoved ? HAS_MOVED : 0) | (hasIncident ? HAS_INCIDENT : 0));
    if (hasMoved) {
      writer.float64(this.movedFrom[row]!);
      writer.float64(this.movedUntil[row]!);
      writer.float64(this.movedRatio[row]!);
    }
    if (hasIncident) {
      writer.float64(this.incidentFrom[row]!);
      writer.float64(this.incidentUntil[row]!);
    }
    const open = this.open[row] ?? [];
    writer.varint(open.length);
    for (const episode of open) writer.bytes(snapshotEpisode(episode));
  }

  /** Into a row that has begun. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): void {
    this.lastUs[row] = reader.float64();
    const has = reader.byte();
    if (has & HAS_MOVED) {
      this.movedFrom[row] = reader.float64();
      this.movedUntil[row] = reader.float64();
      this.movedRatio[row] = reader.float64();
    }
    if (has & HAS_INCIDENT) {
      this.incidentFrom[row] = reader.float64();
      this.incidentUntil[row] = reader.float64();
    }
    for (let left = reader.varint(); left > 0; left--) this.addOpen(row, restoreEpisode(reader.bytes()));
    if (has & HAS_MOVED) this.neighbours.of(row).movers.add(row);
    if (has & HAS_INCIDENT) this.neighbours.of(row).incidents.join(row, this.incidentFrom[row]!);
  }

  private openNew(row: number, reading: Judged, intervalUs: number): void {
    const { incidents } = this.neighbours.of(row);
    const beganUs = reading.stretch?.beganUs ?? reading.timeUs;
    const incidentUs = incidents.near(beganUs) ?? beganUs;
    const episode = openEpisode(reading, incidentUs, intervalUs < Infinity ? intervalUs : 0);
    this.addOpen(row, episode);
    this.incidentFrom[row] = incidentUs;
    incidents.join(row, incidentUs);
    this.report(row, episode, 'opened');
  }

  private addOpen(row: number, episode: Episode): void {
    (this.open[row] ??= []).push(episode);
    this.openCount += 1;
  }

  private endedBySilence(row: number, episode: Episode, quietUs: number): boolean {
    if (!endBySilence(episode, quietUs, this.settings.silenceUs)) return false;
    this.report(row, episode, 'closed');
    return true;
  }

  private report(row: number, episode: Episode, event: EpisodeEvent): void {
    if (event === 'closed') {
      const rest = this.open[row]!.filter((other) => other !== episode);
      this.open[row] = rest.length > 0 ? rest : undefined;
      this.openCount -= 1;
      if (episode.incidentUs === this.incidentFrom[row])
        this.incidentUntil[row] = Math.max(this.incidentUntil[row]!, episode.endedUs!);
    }
    this.tell(this.series[row]!, { event, episode, related: this.relatedTo(row, episode) });
  }

  private incidentEnd(row: number): number {
    const incident = this.incidentFrom[row]!;
    let end = this.incidentUntil[row]!;
    for (const episode of this.open[row] ?? []) {
      if (episode.incidentUs === incident) end = Math.max(end, endIfSilent(episode));
    }
    return end;
  }

  private noteMove(row: number, timeUs: number, ratio: number): void {
    const goesOn = timeUs - this.movedUntil[row]! <= TOGETHER_US;
    if (!goesOn) {
      const { movers } = this.neighbours.of(row);
      movers.remove(row);
      this.movedFrom[row] = timeUs;
      movers.add(row);
    }
    this.movedUntil[row] = timeUs;
    this.movedRatio[row] = goesOn ? Math.max(this.movedRatio[row]!, ratio) : ratio;
  }

  /** Other series of the device that were moving within a minute of the beginning or the peak; those furthest out of range first. */
  private relatedTo(row: number, { beganUs, peak }: Episode): RelatedSeries[] {
    const near = (other: number, timeUs: number): boolean =>
      this.movedFrom[other]! <= timeUs + TOGETHER_US && this.movedUntil[other]! >= timeUs - TOGETHER_US;
    const related: RelatedSeries[] = [];
    for (const other of this.neighbours.of(row).movers.last(MOST_LOOKED_AT, peak.timeUs + TOGETHER_US)) {
      if (other === row || !(near(other, beganUs) || near(other, peak.timeUs))) continue;
      related.push({ series: this.series[other]!, ratio: this.movedRatio[other]! });
    }
    related.sort((a, b) => b.ratio - a.ratio || Buffer.compare(a.series.hash, b.series.hash));
    return related.slice(0, MOST_RELATED);
  }
}
