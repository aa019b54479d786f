import type { PreviewPoints } from '@tidewatch/contracts';
import type { SeriesKey } from '@tidewatch/readings';

interface Range {
  readonly fromUs: number;
  readonly toUs: number;
}

interface Pieces {
  readonly seriesId: number;
  readonly count: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly sum: Float64Array;
}

/** The least, the mean and the greatest value of each series in equal pieces of a range, from readings as they pass. */
export class Outline {
  private readonly piecesOf = new Map<SeriesKey, Pieces>();
  private readonly pieceUs: number;

  /** `points` is the number of pieces; with none of them nothing is kept. Readings come with the very keys of `series`. */
  constructor(
    private readonly range: Range,
    private readonly points: number,
    series: readonly { readonly id: number; readonly key: SeriesKey }[],
  ) {
    this.pieceUs = (range.toUs - range.fromUs) / points;
    if (points === 0) return;
    for (const { id, key } of series) {
      this.piecesOf.set(key, {
        seriesId: id,
        count: new Float64Array(points),
        min: new Float64Array(points).fill(Infinity),
        max: new Float64Array(points).fill(-Infinity),
        sum: new Float64Array(points),
      });
    }
  }

  /** A reading before the range, or of another series, is none of its own. */
  take(key: SeriesKey, timeUs: number, value: number): void {
    const pieces = this.piecesOf.get(key);
    if (pieces === undefined || timeUs < this.range.fromUs) return;
    // The last one takes what rounding would put behind it.
    const at = Math.min(this.points - 1, Math.floor((timeUs - this.range.fromUs) / this.pieceUs));
    pieces.count[at]! += 1;
    pieces.sum[at]! += value;
    if (value < pieces.min[at]!) pieces.min[at] = value;
    if (value > pieces.max[at]!) pieces.max[at] = value;
  }

  *lines(): Generator<PreviewPoints, void> {
    for (const pieces of this.piecesOf.values()) yield this.lineOf(pieces);
  }

  private lineOf({ seriesId, count, min, max, sum }: Pieces): PreviewPoints {
    const filled = Array.from(count.keys()).filter((at) => count[at]! > 0);
    return {
      ...{ type: 'points', seriesId, seconds: this.pieceUs / 1_000_000 },
      timeMs: filled.map((at) => (this.range.fromUs + at * this.pieceUs) / 1_000),
      min: filled.map((at) => min[at]!),
      // Rounding, or a sum beyond all numbers, must not take it out of the band.
      mean: filled.map((at) => Math.max(min[at]!, Math.min(max[at]!, sum[at]! / count[at]!))),
      max: filled.map((at) => max[at]!),
    };
  }
}
