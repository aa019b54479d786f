import type uPlot from 'uplot';
import { formatTick, formatValue } from '../series/format';

export interface ChartColors {
  readonly line: string;
  readonly fill: string;
  readonly band: string;
  readonly grid: string;
  readonly text: string;
  readonly anomaly: string;
  readonly gone: string;
  readonly background: string;
}

/** The page's colours: a canvas cannot use CSS variables by itself. */
export function readColors(element: HTMLElement): ChartColors {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    line: read('--tw-chart-line'),
    fill: read('--tw-chart-fill'),
    band: read('--tw-chart-band'),
    grid: read('--tw-chart-grid'),
    text: read('--tw-chart-text'),
    anomaly: read('--tw-chart-anomaly'),
    gone: read('--tw-chart-gone'),
    background: read('--mantine-color-body'),
  };
}

/** Times in milliseconds and values; with a band, also the least and the greatest value around each. */
export type ChartData =
  | [timeMs: number[], value: number[]]
  | [timeMs: number[], value: number[], least: number[], greatest: number[]];

/** A ring at a point, and a bar along the bottom from `fromMs` to `toMs` where they are told. */
export interface Mark {
  readonly timeMs: number;
  readonly value: number;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** It would not be raised any more. */
  readonly isGone?: boolean;
}

interface ChartSetup {
  readonly colors: ChartColors;
  readonly width: number;
  readonly height: number;
  /** Anomalies to be marked, asked for at each drawing. */
  readonly marks: () => readonly Mark[];
  readonly hasBand: boolean;
  /** Of the point with this index, asked for likewise. */
  readonly describe: (index: number) => string;
  /** What is under the pointer. */
  readonly onPointer: (text: string) => void;
}

/** One line, maybe in a band, its anomalies, local time along the bottom. */
export function chartOptions(setup: ChartSetup): uPlot.Options {
  const { colors } = setup;
  const axis = {
    stroke: colors.text,
    grid: { stroke: colors.grid, width: 1 },
    ticks: { stroke: colors.grid, width: 1 },
    font: '12px system-ui, sans-serif',
  };
  return {
    width: setup.width,
    height: setup.height,
    ms: 1,
    legend: { show: false },
    padding: [12, 12, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
    scales: { x: { time: true, auto: false }, y: { range: yRange(setup.marks) } },
    series: [
      {},
      {
        stroke: colors.line,
        ...(!setup.hasBand && { fill: colors.fill }),
        width: 1.75,
        points: { show: (plot) => (plot.data[0].length > 80 ? false : true), size: 5, fill: colors.line },
      },
      ...(setup.hasBand ? [edge(colors), edge(colors)] : []),
    ],
    ...(setup.hasBand && { bands: [{ series: [3, 2] as [number, number], fill: colors.band }] }),
    axes: [
      {
        ...axis,
        space: 80,
        values: (...[, times, , , stepMs]) => times.map((timeMs) => formatTick(timeMs, stepMs)),
      },
      { ...axis, size: axisWidth, values: (_plot, values) => values.map(formatValue) },
    ],
    hooks: {
      draw: [(plot) => drawMarks(plot, setup.marks(), colors)],
      setCursor: [({ cursor }) => setup.onPointer(cursor.idx == null ? '' : setup.describe(cursor.idx))],
    },
  };
}

/** Of a band. */
function edge({ line }: ChartColors): uPlot.Series {
  return { stroke: line, width: 0.5, points: { show: false } };
}

/** Room for the longest label. uPlot asks before there are labels, too. */
function axisWidth(_plot: uPlot, labels: readonly string[] | null): number {
  return Math.max(64, 20 + 7 * Math.max(...(labels ?? []).map(({ length }) => length)));
}

/** Room above and below; anomalies outside of the line's range are in sight as well. */
function yRange(marks: () => readonly Mark[]) {
  return (plot: uPlot, dataMin: number | null, dataMax: number | null): [number, number] => {
    const [from, to] = [plot.scales['x']?.min ?? -Infinity, plot.scales['x']?.max ?? Infinity];
    const values = marks()
      .filter(({ timeMs }) => timeMs >= from && timeMs <= to)
      .map(({ value }) => value);
    const min = Math.min(dataMin ?? Infinity, ...values);
    const max = Math.max(dataMax ?? -Infinity, ...values);
    if (min > max) return [0, 1];
    const margin = (max - min) * 0.12 || Math.abs(max) * 0.05 || 1;
    return [min - margin, max + margin];
  };
}

/** Height of the bar of an episode, and the least width, in pixels of the page. */
const BAR = 5;
const LEAST_BAR = 3;

function drawMarks(plot: uPlot, marks: readonly Mark[], colors: ChartColors): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = 2 * devicePixelRatio;
  for (const { timeMs, value, fromMs, toMs, isGone } of marks) {
    const color = isGone ? colors.gone : colors.anomaly;
    if (fromMs !== undefined && toMs !== undefined) {
      const [left, right] = [plot.valToPos(fromMs, 'x', true), plot.valToPos(toMs, 'x', true)];
      const [width, height] = [Math.max(LEAST_BAR * devicePixelRatio, right - left), BAR * devicePixelRatio];
      ctx.fillStyle = color;
      ctx.fillRect(left, bbox.top + bbox.height - height, width, height);
    }
    ctx.beginPath();
    const [x, y] = [plot.valToPos(timeMs, 'x', true), plot.valToPos(value, 'y', true)];
    ctx.arc(x, y, 5.5 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fillStyle = colors.background;
    ctx.strokeStyle = color;
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}
