import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useEffectEvent, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Measure } from '../series/format';
import { chartOptions, readColors, type Mark } from './chart-options';

interface Props {
  /** Columns: times in milliseconds, values. */
  readonly data: [number[], number[]];
  readonly fromMs: number;
  readonly toMs: number;
  readonly marks: readonly Mark[];
  /** Read out in place of the picture. */
  readonly summary: string;
  readonly metric: Measure;
}

const HEIGHT = 320;

/** The line itself. Loaded when the first chart is shown. */
export default function LineChart({ data, fromMs, toMs, marks, summary, metric }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const scheme = useComputedColorScheme();
  const marksOf = useRef(marks);
  const measureOf = useRef(metric);

  const draw = useEffectEvent(() => {
    marksOf.current = marks;
    measureOf.current = metric;
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
        measure: () => measureOf.current,
        onPointer: (text) => {
          if (readout.current) readout.current.textContent = text;
        },
      }),
      [[], []],
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
  }, [scheme]);

  useEffect(() => draw(), [data, fromMs, toMs, marks, metric]);

  return (
    <div className="tw-chart">
      <div ref={readout} className="tw-readout" aria-hidden="true" />
      <div ref={holder} role="img" aria-label={summary} style={{ height: HEIGHT }} />
    </div>
  );
}
