import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useEffectEvent, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { type ChartData, chartOptions, readColors, type Mark } from './chart-options';

interface Props {
  /** It has a band or has none for as long as the chart is there. */
  readonly data: ChartData;
  readonly fromMs: number;
  readonly toMs: number;
  readonly marks: readonly Mark[];
  /** Read out in place of the picture. */
  readonly summary: string;
  /** What is shown of the point with this index under the pointer. */
  readonly describe: (index: number) => string;
}

const HEIGHT = 320;

/** The line itself. Loaded when the first chart is shown. */
export default function LineChart({ data, fromMs, toMs, marks, summary, describe }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const scheme = useComputedColorScheme();
  const marksOf = useRef(marks);
  const describeOf = useRef(describe);
  const hasBand = data.length > 2;

  const draw = useEffectEvent(() => {
    marksOf.current = marks;
    describeOf.current = describe;
    plot.current?.batch((chart: UPlot) => {
      chart.setData(data, false);
      chart.setScale('x', { min: fromMs, max: toMs });
    });
  });

  useEffect(() => {
    const element = holder.current!;
    const chart = new UPlot(
      chartOptions({
        colors: readColors(element),
        width: element.clientWidth,
        height: HEIGHT,
        marks: () => marksOf.current,
        hasBand,
        describe: (index) => describeOf.current(index),
        onPointer: (text) => {
          if (readout.current) readout.current.textContent = text;
        },
      }),
      hasBand ? [[], [], [], []] : [[], []],
      element,
    );
    plot.current = chart;
    draw();
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = undefined;
    };
  }, [scheme, hasBand]);

  useEffect(() => draw(), [data, fromMs, toMs, marks, describe]);

  return (
    <div className="tw-chart">
      <div ref={readout} className="tw-readout" aria-hidden="true" />
      <div ref={holder} role="img" aria-label={summary} style={{ height: HEIGHT }} />
    </div>
  );
}
