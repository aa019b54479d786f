import {
  ALARM_SCORE,
  compareEpisodes,
  endBySilence,
  endIfSilent,
  endsBySilence,
  type Episode,
  followEpisode,
  type Judged,
  openEpisode,
  restoreEpisode,
  snapshotEpisode,
  takeOver,
  tell,
  type ToldEpisode,
} from '@tidewatch/anomaly-detection';
import { grownFloats } from '../columns';
import type { EpisodeReport, HashedSeries, RelatedSeries } from '../outputs';
import { ByteReader, ByteWriter } from '../state/bytes';
import { TOGETHER_US } from './device-incidents';
import { DeviceNeighbours } from './device-neighbours';

/** A reading that comes so near to its limit has moved, though nothing is flagged. */
const MOVED_FROM = 0.8;
const MOST_RELATED = 20;
/** They are looked for among so many of the device: those that began to move last. */
const MOST_LOOKED_AT = 256;

/** Serves all series in turn. */
const fieldsWriter = new ByteWriter();

const HAS_MOVED = 1;
const HAS_INCIDENT = 2;

export interface EpisodeSettings {
  /** Event time without a reading out of range that ends an episode. */
  readonly calmUs: number;
  /** Silence that ends an episode, in event time or the log's. */
  readonly silenceUs: number;
}

/** Of one series. */
export interface EpisodesSnapshot {
  /** All but the open episodes. */
  readonly fields: Uint8Array;
  readonly open: readonly Episode[];
}

export interface EpisodeListener {
  /** The episode is reused. */
  tell(row: number, report: EpisodeReport): void;
  /** After it was told that an episode has ended. */
  ended(row: number, told: ToldEpisode): void;
}

/**
 * Open episodes of all series of a partition (by row), one for each series and judge, and what relates those of one device: the incident
 * and who has moved at the same time. All that is known of a series is kept with it, so that it is the same after a restart.
 */
export class EpisodeStore {
  /** Of all series. */
  openCount = 0;
  /** While readings are judged again: what has ended so far, and is not told before all are judged. */
  private endedAgain: ToldEpisode[] | undefined;
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
    private readonly listener: EpisodeListener,
  ) {
    this.neighbours = new DeviceNeighbours(series, {
      movedFrom: (row) => this.movedFrom[row]!,
      incidentEnd: (row) => this.incidentEnd(row),
    });
  }

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
    this.clear(row);
  }

  /** Before the series leaves the table. */
  release(row: number): void {
    this.neighbours.remove(row);
    this.closeAll(row);
  }

  /** Of the last reading that was taken, µs; -Infinity where there was none. */
  lastTime(row: number): number {
    return this.lastUs[row]!;
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
      if (event === 'closed') this.close(row, episode);
      else if (event === 'updated' && !this.endedAgain) this.report(row, episode, event);
      return;
    }
    if (verdict.score >= ALARM_SCORE) this.openNew(row, reading, timeUs - last);
  }

  /** Ends episodes of a series that has been silent for `quietUs`: all of them where it is Infinity. Returns whether any ended. */
  closeSilent(row: number, quietUs: number): boolean {
    const ended = this.open[row]?.filter((episode) => this.endedBySilence(row, episode, quietUs)) ?? [];
    return ended.length > 0;
  }

  /**
   * The series goes back to what `before` has, and `judge` gives all readings since; then what they come to is held against what was told: `past`, which are
   * over, and those that go on. Only what differs is told. Returns what is over now.
   */
  rejudge(
    row: number,
    before: EpisodesSnapshot,
    past: readonly ToldEpisode[],
    judge: () => void,
  ): ToldEpisode[] {
    const goingOn = (this.open[row] ?? []).map((episode) => ({
      ...{ episode, decidedUs: this.lastUs[row]!, isWithdrawn: false },
    }));
    const { movers, incidents } = this.neighbours.of(row);
    movers.remove(row);
    incidents.leave(row);
    this.closeAll(row);
    this.clear(row);
    this.readFields(row, new ByteReader(before.fields));
    for (const episode of before.open) this.addOpen(row, { ...episode });
    this.join(row);
    const ended: ToldEpisode[] = (this.endedAgain = []);
    judge();
    this.endedAgain = undefined;
    const found = [...ended.map(({ episode }) => episode), ...(this.open[row] ?? [])];
    const rejudged = compareEpisodes(found, [...past, ...goingOn]);
    for (const { episode, told } of rejudged.found) this.settle(row, episode, told);
    const withdrawn: ToldEpisode[] = [];
    for (const { episode, decidedUs, isWithdrawn } of rejudged.gone) {
      if (!isWithdrawn) {
        tell(episode);
        this.report(row, episode, 'withdrawn');
      }
      withdrawn.push({ episode, decidedUs, isWithdrawn: true });
    }
    return [...ended, ...withdrawn];
  }

  snapshot(row: number): EpisodesSnapshot {
    fieldsWriter.clear();
    this.writeFields(row, fieldsWriter);
    return {
      fields: fieldsWriter.written().slice(),
      open: (this.open[row] ?? []).map((one) => ({ ...one })),
    };
  }

  /** A snapshot from the middle of `rejudge`, when it was not known yet which episodes are those that were told: with what is known now. */
  identified(
    row: number,
    { fields, open }: EpisodesSnapshot,
    past: readonly ToldEpisode[],
  ): EpisodesSnapshot {
    const known = [
      ...past.flatMap(({ episode, isWithdrawn }) => (isWithdrawn ? [] : [episode])),
      ...(this.open[row] ?? []),
    ];
    const identified = open.map((one) => {
      const { identityUs, incidentUs } = known.find(
        ({ source, beganUs }) => source === one.source && beganUs === one.beganUs,
      )!;
      return { ...one, identityUs, incidentUs };
    });
    return { fields, open: identified };
  }

  write(row: number, writer: ByteWriter): void {
    this.writeFields(row, writer);
    const open = this.open[row] ?? [];
    writer.varint(open.length);
    for (const episode of open) writer.bytes(snapshotEpisode(episode));
  }

  /** Into a row that has begun. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): void {
    this.readFields(row, reader);
    for (let left = reader.varint(); left > 0; left--) this.addOpen(row, restoreEpisode(reader.bytes()));
    this.join(row);
  }

  private writeFields(row: number, writer: ByteWriter): void {
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
  }

  private readFields(row: number, reader: ByteReader): void {
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
  }

  /** What a series that was read is among the others of its device. */
  private join(row: number): void {
    const { movers, incidents } = this.neighbours.of(row);
    if (this.movedUntil[row] !== -Infinity) movers.add(row);
    if (this.incidentFrom[row] !== -Infinity) incidents.join(row, this.incidentFrom[row]!);
  }

  private openNew(row: number, reading: Judged, intervalUs: number): void {
    const episode = openEpisode(reading, intervalUs < Infinity ? intervalUs : 0);
    this.addOpen(row, episode);
    if (this.endedAgain) return;
    this.joinIncident(row, episode);
    this.report(row, episode, 'opened');
  }

  /** A new episode is part of the incident that is near, if any is. */
  private joinIncident(row: number, episode: Episode): void {
    const { incidents } = this.neighbours.of(row);
    episode.incidentUs = incidents.near(episode.beganUs) ?? episode.beganUs;
    this.incidentFrom[row] = episode.incidentUs;
    incidents.join(row, episode.incidentUs);
  }

  /** Of an episode that was found when readings were judged again, tells what was not told yet. */
  private settle(row: number, episode: Episode, told: ToldEpisode | undefined): void {
    if (told === undefined) {
      this.joinIncident(row, episode);
      episode.revision = 0;
      this.report(row, { ...episode, endedUs: null }, 'opened');
      if (episode.endedUs === null) return;
      tell(episode);
      this.noteEnd(row, episode);
      this.report(row, episode, 'closed');
      return;
    }
    const isNews = takeOver(episode, told);
    this.incidentFrom[row] = episode.incidentUs;
    this.neighbours.of(row).incidents.join(row, episode.incidentUs);
    if (episode.endedUs !== null) this.noteEnd(row, episode);
    if (isNews) this.report(row, episode, 'revised');
  }

  private addOpen(row: number, episode: Episode): void {
    (this.open[row] ??= []).push(episode);
    this.openCount += 1;
  }

  private endedBySilence(row: number, episode: Episode, quietUs: number): boolean {
    if (!endBySilence(episode, quietUs, this.settings.silenceUs)) return false;
    this.close(row, episode);
    return true;
  }

  private report(row: number, episode: Episode, event: EpisodeReport['event']): void {
    this.listener.tell(row, { event, episode, related: this.relatedTo(row, episode) });
  }

  /** An episode that has just ended is no longer among those that are open. */
  private close(row: number, episode: Episode): void {
    const rest = this.open[row]!.filter((other) => other !== episode);
    this.open[row] = rest.length > 0 ? rest : undefined;
    this.openCount -= 1;
    const ended = { episode, decidedUs: this.lastUs[row]!, isWithdrawn: false };
    if (this.endedAgain) {
      this.endedAgain.push(ended);
      return;
    }
    this.noteEnd(row, episode);
    this.report(row, episode, 'closed');
    this.listener.ended(row, ended);
  }

  private noteEnd(row: number, { incidentUs, endedUs }: Episode): void {
    if (incidentUs === this.incidentFrom[row])
      this.incidentUntil[row] = Math.max(this.incidentUntil[row]!, endedUs!);
    this.neighbours.of(row).incidents.extend(row);
  }

  private closeAll(row: number): void {
    this.openCount -= this.open[row]?.length ?? 0;
    this.open[row] = undefined;
  }

  private clear(row: number): void {
    this.lastUs[row] = this.movedFrom[row] = this.movedUntil[row] = -Infinity;
    this.incidentFrom[row] = this.incidentUntil[row] = -Infinity;
    this.movedRatio[row] = 0;
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
