import type { Metric } from '@tidewatch/contracts';
import { useQuery } from '@tanstack/react-query';
import { createContext, use } from 'react';
import { listMetrics } from '../api/history';

/** What people say about metrics, by the name of the metric. */
export type Metrics = ReadonlyMap<string, Metric>;

const NOTHING: Metrics = new Map();

export const MetricsContext = createContext<Metrics>(NOTHING);

/** Undefined for a metric that nobody has said anything about: its values are shown without a unit. */
export const useMetric = (name: string): Metric | undefined => use(MetricsContext).get(name);

export const useMetrics = (): Metrics => use(MetricsContext);

/** Empty until loaded, and while history is not available. */
export function useLoadedMetrics(): Metrics {
  const metrics = useQuery({
    queryKey: ['metrics'],
    queryFn: ({ signal }) => listMetrics(signal),
    refetchInterval: 60_000,
  });
  return metrics.data ?? NOTHING;
}
